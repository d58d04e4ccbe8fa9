"""Suites held against stored partitions: a result for each rule and partition."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.number_words import number_of
from assets.partitions import AnyPartition, at_place
from assets.table_checks.results import CheckResult
from assets.table_checks.rule import Rule, Suite
from assets.table_checks.stored_tables import Schemas, StoredTables, show

if TYPE_CHECKING:
    from assets.table_checks.duckdb_source import Database

# Great Expectations hands over no more than 200 of the rows that break a rule; ours are one a partition.
_AT_ONCE = 150
_WHOLE: tuple[None] = (None,)
Broken = dict[AnyPartition | None, str]


@cache
def database() -> "Database":
    """Return this process's DuckDB and its Great Expectations: made once, that takes seconds."""
    import atexit

    from assets.table_checks.duckdb_source import Database

    made = Database()
    atexit.register(made.close)
    return made


def validate(
    suite: Suite,
    partitions: Sequence[AnyPartition],
    stored: StoredTables,
    schemas: Schemas,
    data_docs: Path | None = None,
) -> list[CheckResult]:
    """Hold a suite against stored partitions, those asked for that are not stored included.

    `schemas`: the columns of every table the suite reads;
    `data_docs`: a folder for Great Expectations' pages. What cannot be read, or asked, breaks its rule.
    Returned are the results by rule, in the suite's order, and partition.
    """
    ordered = sorted(set(partitions))
    if not suite.partitioned:
        return list(_chunk(suite, (), stored, schemas, data_docs))
    chunks = [ordered[n : n + _AT_ONCE] for n in range(0, len(ordered), _AT_ONCE)]
    found = [one for chunk in chunks for one in _chunk(suite, chunk, stored, schemas, data_docs)]
    place = {rule.name: number for number, rule in enumerate(suite.rules)}
    return sorted(found, key=lambda one: (place[one.rule.name], one.partition))


def _chunk(
    suite: Suite,
    partitions: Sequence[AnyPartition],
    stored: StoredTables,
    schemas: Schemas,
    data_docs: Path | None,
) -> Iterator[CheckResult]:
    base = database()
    asked: Sequence[AnyPartition | None] = partitions or _WHOLE
    try:
        show(base.execute, suite, partitions, stored, schemas)
    except Exception as error:  # whatever DuckDB finds wrong with a file
        told = _first_line(str(error))
        broken: Mapping[str, Broken] = {rule.name: dict.fromkeys(asked, told) for rule in suite.rules}
    else:
        broken = _broken(base, suite, asked)
        if data_docs:
            run = f"{partitions[0].key} to {partitions[-1].key}" if partitions else "whole table"
            base.write_docs(data_docs, suite.table, _columns_of(suite.table), suite.rules, run)
    for rule in suite.rules:
        for partition in asked:
            detail = broken[rule.name].get(partition)
            yield CheckResult(suite.table, partition, rule, detail is None, detail or "")


def _broken(base: "Database", suite: Suite, asked: Sequence[AnyPartition | None]) -> Mapping[str, Broken]:
    """Return what breaks which rule in which partition."""
    found: dict[str, Broken] = defaultdict(dict)
    unplaced: list[Rule] = []
    of_columns = [rule for rule in suite.rules if not _asks_for_rows(rule)]
    results = [
        *base.validated(suite.table, _columns_of(suite.table), of_columns, "SUMMARY"),
        *base.validated(
            suite.table,
            _columns_of(suite.table),
            [rule for rule in suite.rules if _asks_for_rows(rule)],
            "COMPLETE",
        ),
    ]
    for rule, outcomes in results:
        for outcome in outcomes:
            if outcome.success:
                continue
            failure = _failure(outcome)
            if failure:
                found[rule.name].update(dict.fromkeys(asked, failure))
            elif _asks_for_rows(rule):
                found[rule.name].update(
                    _placed(outcome.result["details"]["unexpected_rows"], suite.cut, asked)
                )
            elif rule not in unplaced:
                unplaced.append(rule)
    # An expectation about a column does not say in which partition it is broken: each is asked alone.
    for partition in asked if unplaced else ():
        cut = partition.__dataclass_fields__ if partition else ()
        where = " AND ".join(["true", *(f"{name} = '{getattr(partition, name)}'" for name in cut)])
        base.execute(f"CREATE OR REPLACE VIEW one_partition AS {_columns_of(suite.table)} WHERE {where}")
        for rule, outcomes in base.validated(
            "one_partition", _columns_of("one_partition"), unplaced, "SUMMARY"
        ):
            details = [_told(outcome) for outcome in outcomes if not outcome.success]
            if details:
                found[rule.name][partition] = "; ".join(details)
    for rule in unplaced:
        # Broken over all of them and in none alone: better said of every one than of none.
        found[rule.name] = found[rule.name] or dict.fromkeys(asked, "broken over the partitions together")
    return found


def _columns_of(name: str) -> str:
    return f'SELECT * FROM "{name}"'


def _asks_for_rows(rule: Rule) -> bool:
    return rule.expected[0].kind == "UnexpectedRowsExpectation"


def _placed(
    rows: Iterable[Mapping[str, Any]], cut: type[AnyPartition], asked: Sequence[AnyPartition | None]
) -> Broken:
    found: Broken = {}
    for row in rows:
        partition = at_place(cut, row["day"], row["account"])
        count = "" if row["broken"] == 1 else f"{row['broken']:,} rows, the first: "
        found[partition if partition in asked else None] = f"{count}{row['example']}"
    if asked != _WHOLE and None in found:
        # Rows that belong to none of the partitions: every one is suspect.
        found.update(dict.fromkeys(asked, found.pop(None)))
    return found


def _failure(outcome: Any) -> str:
    """Return why an expectation could not be held against the table at all, else nothing."""
    told = outcome.exception_info or {}
    several = [told] if "raised_exception" in told else list(told.values())
    messages = [one["exception_message"] for one in several if one.get("raised_exception")]
    return _first_line(messages[0]) if messages else ""


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0]


def _told(outcome: Any) -> str:
    result, arguments = outcome.result, outcome.expectation_config.kwargs
    where = arguments.get("column") or ", ".join(arguments.get("column_list", ()))
    if "unexpected_count" not in result:
        observed = result.get("observed_value")
        return number_of(observed, "row") if isinstance(observed, int) else f"{observed} rows"
    count = result["unexpected_count"]
    examples = result.get("partial_unexpected_list") or []
    example = f", the first: {examples[0]!r}" if examples and examples[0] is not None else ""
    return f"{where}: {number_of(count, 'row')}{example}"
