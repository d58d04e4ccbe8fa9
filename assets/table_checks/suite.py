"""The rules that every table has, and how a suite is put together of them and of its own."""

from collections.abc import Sequence

from assets.partitions import AccountPartition, AnyPartition, Partition
from assets.table_checks.rule import HISTORY_DAYS, Rule, Suite, key_rules, none_where, query

_SAME = "a.day IS NOT DISTINCT FROM s.day AND a.account IS NOT DISTINCT FROM s.account"


def _meets(one: str, other: str) -> str:
    # What a table is not cut by is the same everywhere.
    return (
        f"({one}.day IS NULL OR {other}.day IS NULL OR {one}.day = {other}.day)"
        f" AND ({one}.account = '' OR {other}.account = '' OR {one}.account = {other}.account)"
    )


def suite(
    table: str,
    key: Sequence[str],
    *rules: Rule,
    made_from: Sequence[str] = (),
    reads: Sequence[str] = (),
    looks_back: Sequence[str] = (),
    volume: float | None = None,
    nullable: Sequence[str] = (),
    cut: type[AnyPartition] = Partition,
) -> Suite:
    """Return the suite of a partitioned table: what every table promises, and its own rules.

    A table without a key has one row a partition.
    `made_from`: tables that its partition follows from, those of its day and unpartitioned ones. `volume`: by
    what factor the number of rows may differ from the days before; None for tables that may well be empty.
    `nullable`: the parts of the key that may be null.
    """
    generic = [
        _is_stored(table),
        *([_inputs_are_stored(made_from), _not_older_than_inputs(table, made_from)] if made_from else []),
        *([] if cut is AccountPartition else [_follows_the_day_before(table)]),
        *([_volume(table, volume)] if volume else []),
        *(key_rules(key, nullable) if key else [_is_one_row(table)]),
    ]
    return Suite(table, (*generic, *rules), tuple(reads), tuple(looks_back), True, tuple(made_from), cut)


def facts_suite(table: str, key: Sequence[str], *rules: Rule, reads: Sequence[str] = ()) -> Suite:
    """Return the suite of a table without partitions."""
    return Suite(table, (_is_stored(table), *key_rules(key), *rules), tuple(reads), partitioned=False)


def _is_stored(table: str) -> Rule:
    return none_where(
        "is_stored",
        "There is a file for each partition, those without rows included",
        "true",
        "'no file'",
        source=f"asked a ANTI JOIN (SELECT * FROM stored WHERE name = '{table}') s ON {_SAME}",
    )


def _is_one_row(table: str) -> Rule:
    return none_where(
        "is_one_row",
        "A partition has one row",
        f"s.name = '{table}' AND s.rows <> 1",
        "s.rows || ' rows'",
        source=f"(SELECT s.* FROM stored s SEMI JOIN asked a ON {_SAME}) s",
    )


def _inputs_are_stored(made_from: Sequence[str]) -> Rule:
    tables = ", ".join(f"('{name}')" for name in made_from)
    return none_where(
        "inputs_are_stored",
        f"What it was made from is there: {', '.join(made_from)}",
        "true",
        "input",
        source=f"(SELECT day, account, input FROM asked, (VALUES {tables}) inputs(input)) a"
        f" ANTI JOIN stored s ON s.name = a.input AND {_meets('s', 'a')}",
    )


def _not_older_than_inputs(table: str, made_from: Sequence[str]) -> Rule:
    tables = ", ".join(f"'{name}'" for name in made_from)
    return query(
        "is_fresh",
        "It is not older than what it was made from",
        "SELECT s.day, s.account, count(*) AS broken, min(e.name) || ' was written later' AS example"
        f" FROM stored s SEMI JOIN asked a ON {_SAME}"
        f" JOIN stored e ON e.name IN ({tables}) AND e.written_at > s.written_at"
        f" AND {_meets('e', 's')}"
        f" WHERE s.name = '{table}' GROUP BY s.day, s.account",
        "warn",
    )


def _follows_the_day_before(table: str) -> Rule:
    mine = f"(SELECT * FROM stored WHERE name = '{table}')"
    return none_where(
        "no_day_is_missing",
        "Where earlier days are stored, the day before is, too",
        f"EXISTS (SELECT 1 FROM {mine} e WHERE e.account = a.account AND e.day < a.day - 1)"
        f" AND NOT EXISTS (SELECT 1 FROM {mine} e WHERE e.account = a.account AND e.day = a.day - 1)",
        "'nothing is stored for ' || CAST(CAST(a.day - 1 AS DATE) AS VARCHAR)",
        "warn",
        "asked a",
    )


def _volume(table: str, factor: float) -> Rule:
    return query(
        "volume_is_usual",
        f"There are not {factor:g} times more or fewer rows than on the days before (their median, of at least 3)",
        "SELECT s.day, s.account, 1 AS broken, s.rows || ' rows, before ' || median(e.rows) AS example"
        f" FROM stored s SEMI JOIN asked a ON {_SAME}"
        f" JOIN stored e ON e.name = s.name AND e.account = s.account AND e.day < s.day"
        f" AND e.day >= s.day - {HISTORY_DAYS}"
        f" WHERE s.name = '{table}' GROUP BY s.day, s.account, s.rows"
        f" HAVING count(*) >= 3 AND greatest(s.rows, median(e.rows)) >= 20"
        f" AND (s.rows > {factor} * median(e.rows) OR {factor} * s.rows < median(e.rows))",
        "warn",
    )
