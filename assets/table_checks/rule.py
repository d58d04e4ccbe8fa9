"""What a table promises, said without Great Expectations: its import takes seconds, a declaration must not.

A rule that looks at rows is a query for those that break it. In a query
- `b` is the table, the partitions that are checked (columns of the table, `day` and `account`),
- `asked` has their `day` and `account`, `stored` a row for each file there is: `name` (the table), `day`,
  `account`, `rows`, `written_at`; files of the days before the checked ones are among them (`HISTORY_DAYS`),
- a table that the suite reads stands there by its name: the same days; `<name>_before`: the days before, too,
- braces of regular expressions are doubled, as Great Expectations fills in `{batch}`.
Unpartitioned tables have the day NULL and the account ''; tables cut by day only have the account '', those cut by
account only the day NULL, unless `day` is a column of theirs. A table that is cut otherwise than the suite's is there
with all partitions of the same day, or account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assets.partitions import AnyPartition, Partition

Severity = Literal["error", "warn"]
HISTORY_DAYS = 14


@dataclass(frozen=True)
class Expected:
    """One expectation: the name of its class in Great Expectations, and what it is given."""

    kind: str
    arguments: Mapping[str, object]


@dataclass(frozen=True)
class Rule:
    """One check of a table. An `error` keeps downstream tables from being made of it, a `warn` does not."""

    name: str
    says: str
    severity: Severity
    expected: tuple[Expected, ...]


@dataclass(frozen=True)
class Suite:
    """All rules of a table. `reads` are other tables in its queries, `looks_back` those with the days before.

    `cut`: what a partition of a partitioned table is.
    """

    table: str
    rules: tuple[Rule, ...]
    reads: tuple[str, ...] = ()
    looks_back: tuple[str, ...] = ()
    partitioned: bool = True
    made_from: tuple[str, ...] = field(default=())
    cut: type[AnyPartition] = Partition

    def __post_init__(self) -> None:
        """Refuse two rules of one name: one would hide the other."""
        names = [rule.name for rule in self.rules]
        assert len(names) == len(set(names)), (self.table, names)


def query(name: str, says: str, sql: str, severity: Severity = "error") -> Rule:
    """Return a rule that a query tells: `day`, `account`, `broken` (how many), `example`, a row a partition."""
    whole = f"WITH b AS (SELECT * FROM {{batch}}) {sql}"
    arguments = {"unexpected_rows_query": whole, "description": says}
    return Rule(name, says, severity, (Expected("UnexpectedRowsExpectation", arguments),))


def none_where(
    name: str,
    says: str,
    where: str,
    example: str,
    severity: Severity = "error",
    source: str = "b",
) -> Rule:
    """Return the rule that no row of `source` fulfils `where`; `example` is a text expression that names a row."""
    sql = (
        f"SELECT day, account, count(*) AS broken, min(CAST({example} AS VARCHAR)) AS example"
        f" FROM {source} WHERE {where} GROUP BY day, account"
    )
    return query(name, says, sql, severity)


def refers(name: str, says: str, column: str, to: str, of: str, only: str = "true") -> Rule:
    """Return the rule that each value of `column` (rows where `only`) is a value of `of` in the table `to`.

    Both of the same day and account; `column` may be an expression, as `unnest(granted_by)`. Counted are values.
    """
    mine = f"(SELECT DISTINCT day, account, {column} AS reference FROM b WHERE {only})"
    theirs = f"(SELECT DISTINCT day, account, {of} AS reference FROM {to})"
    same = " AND ".join(f"mine.{part} IS NOT DISTINCT FROM theirs.{part}" for part in ("day", "account"))
    source = f"{mine} mine ANTI JOIN {theirs} theirs ON mine.reference = theirs.reference AND {same}"
    return none_where(name, says, "true", "reference", source=source)


def one_of(says: str, sets: Mapping[str, Sequence[object]]) -> Rule:
    """Return the rule `values_are_known`: each column holds values of its closed set, and no null."""
    return Rule(
        "values_are_known",
        says,
        "error",
        (
            *(
                Expected("ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(values)})
                for column, values in sets.items()
            ),
            *not_null(tuple(sets)),
        ),
    )


def not_null(columns: Sequence[str]) -> tuple[Expected, ...]:
    """Return the expectations that these columns hold no null."""
    return tuple(Expected("ExpectColumnValuesToNotBeNull", {"column": column}) for column in columns)


def key_rules(key: Sequence[str], nullable: Sequence[str] = ()) -> tuple[Rule, Rule]:
    """Return the two rules of a key: no null in it but in `nullable`, no two rows of a partition with the same."""
    named, columns = ", ".join(key), ", ".join(f'"{column}"' for column in key)
    # Of hashes, since sorting millions of texts takes many times longer: that two differing keys of a partition
    # have the same one of 2^64 is not to be expected.
    twice = f"(SELECT day, account, count(*) - count(DISTINCT hash({columns})) AS twice FROM b GROUP BY day, account)"
    return (
        Rule(
            "key_is_not_null",
            f"No row lacks a part of its key ({named})",
            "error",
            not_null([name for name in key if name not in nullable]),
        ),
        none_where(
            "key_is_unique",
            f"No two rows have the same key ({named})",
            "twice > 0",
            "twice || ' rows whose key another row has'",
            source=twice,
        ),
    )


def at_least(rows: int) -> Rule:
    """Return the rule that the whole table has so many rows."""
    return Rule(
        "is_whole",
        f"There are at least {rows:,} rows",
        "error",
        (Expected("ExpectTableRowCountToBeBetween", {"min_value": rows}),),
    )
