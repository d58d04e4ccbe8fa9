"""The stored tables as DuckDB sees them while they are checked: views over the files, nothing is copied."""

import glob
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from assets.partitions import AnyPartition, Partition, place_of
from assets.table_checks.rule import HISTORY_DAYS, Suite

Execute = Callable[[str], Any]

_TYPES = {
    pl.String(): "VARCHAR",
    pl.Int64(): "BIGINT",
    pl.Float64(): "DOUBLE",
    pl.Boolean(): "BOOLEAN",
    pl.Date(): "DATE",
    pl.Datetime("us", "UTC"): "TIMESTAMPTZ",
}
# The folders of partitions: their type, and what stands where a table has none.
_CUT_BY = {"day": ("DATE", "CAST(NULL AS DATE)"), "account": ("VARCHAR", "''")}
Place = tuple[date | None, str]


class StoredTables(Protocol):
    """Where the tables lie."""

    def path(self, table: str, partition: AnyPartition | None = None) -> Path:
        """Return where a partition lies, whether it is there or not."""
        ...

    def written_at(self, table: str, partition: AnyPartition | None = None) -> datetime | None:
        """Return when it was written (UTC), None where it is not there."""
        ...

    def cuts(self, table: str) -> Sequence[AnyPartition]:
        """Return the partitions of a table that are there, however it is cut."""
        ...


Schemas = Mapping[str, Mapping[str, Any]]


def show(
    execute: Execute, suite: Suite, partitions: Sequence[AnyPartition], stored: StoredTables, schemas: Schemas
) -> None:
    """Make the views that the queries of a suite read: see `rule`. `schemas`: columns and types of every table.

    Raises what DuckDB raises where a file cannot be read.
    """
    places = {place_of(one) for one in partitions}
    asked = sorted(places, key=str) if suite.partitioned else [(None, "")]
    earlier = _with_days_before(places)
    execute("CREATE OR REPLACE TABLE asked (day DATE, account VARCHAR)")
    execute(f"INSERT INTO asked VALUES {_values(asked)}")
    inventory: list[tuple[object, ...]] = []
    for name in dict.fromkeys((suite.table, *suite.made_from, *suite.reads, *suite.looks_back)):
        # Where a table has partitions the days before are listed, too, so that volume can be compared.
        there = _files(stored, name, earlier, suite.cut)
        of_these = [path for one, path in there.items() if _is_among(one, places)]
        _view(execute, name, of_these, schemas)
        if name in suite.looks_back:
            _view(execute, f"{name}_before", list(there.values()), schemas, name)
        inventory += _listed(execute, stored, name, there)
    execute(
        "CREATE OR REPLACE TABLE stored"
        " (name VARCHAR, day DATE, account VARCHAR, rows BIGINT, written_at TIMESTAMPTZ)"
    )
    if inventory:
        execute(f"INSERT INTO stored VALUES {_values(inventory)}")


def _with_days_before(places: Iterable[Place]) -> set[Place]:
    return {
        (day and day - timedelta(days=n), account) for day, account in places for n in range(HISTORY_DAYS + 1)
    }


def _is_among(partition: AnyPartition | None, places: Container[Place]) -> bool:
    """Whether a partition is of these days and accounts, as far as it and they are cut by them."""
    day, account = place_of(partition)
    return partition is None or any(one in places for one in ((day, account), (day, ""), (None, account)))


def _files(
    stored: StoredTables, table: str, places: set[Place], cut: type[AnyPartition]
) -> dict[AnyPartition | None, Path]:
    if stored.written_at(table, None) is not None:
        return {None: stored.path(table)}
    # Of days and accounts it is known where they lie; looking through all there are would take longer.
    among: Iterable[AnyPartition] = (
        [Partition(day, account) for day, account in sorted(places, key=str) if day]
        if cut is Partition
        else [one for one in stored.cuts(table) if _is_among(one, places)]
    )
    return {one: stored.path(table, one) for one in among if stored.written_at(table, one) is not None}


def _listed(
    execute: Execute, stored: StoredTables, table: str, there: Mapping[AnyPartition | None, Path]
) -> Iterator[tuple[object, ...]]:
    if not there:
        return
    found = execute(f"SELECT file_name, num_rows FROM parquet_file_metadata({_list(there.values())})")
    rows = dict(found.fetchall())
    for partition, path in there.items():
        written = stored.written_at(table, partition)
        day, account = place_of(partition)
        yield table, day, account, rows[str(path)], written.isoformat() if written else None


def _view(
    execute: Execute, name: str, paths: Sequence[Path], schemas: Schemas, of: str | None = None
) -> None:
    execute(f'CREATE OR REPLACE VIEW "{name}" AS {_select(paths, schemas[of or name])}')


def _select(paths: Sequence[Path], schema: Mapping[str, Any]) -> str:
    if not paths:
        columns = {**schema, "day": pl.Date(), "account": pl.String()}
        nothing = ", ".join(f'CAST(NULL AS {_type(dtype)}) AS "{name}"' for name, dtype in columns.items())
        return f"SELECT {nothing} WHERE false"
    files = _list(paths)
    folders = [name for part in paths[0].parent.parts[-2:] if (name := part.partition("=")[0]) in _CUT_BY]
    hive = ", ".join(f"'{name}': {_CUT_BY[name][0]}" for name in folders)
    read = f"hive_types_autocast=true, hive_types={{{hive}}}" if folders else ""
    reading = f"hive_partitioning={'true, ' + read if folders else 'false'}"
    lacking = [name for name in _CUT_BY if name not in (*folders, *schema)]
    more = "".join(f", {_CUT_BY[name][1]} AS {name}" for name in lacking)
    return f"SELECT *{more} FROM read_parquet({files}, {reading})"


def _type(dtype: Any) -> str:
    if isinstance(dtype, pl.List):
        return f"{_type(dtype.inner)}[]"
    return _TYPES[dtype if isinstance(dtype, pl.DataType) else dtype()]


def _list(paths: Iterable[Path]) -> str:
    # DuckDB takes a name as a pattern: of `lake[1]` it would read the files of `lake1`.
    return f"[{', '.join(_text(glob.escape(str(path))) for path in paths)}]"


def _values(rows: Iterable[Iterable[object]]) -> str:
    return ", ".join(f"({', '.join(_text(value) for value in row)})" for row in rows)


def _text(value: object) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
