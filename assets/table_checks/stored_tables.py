"""The stored tables as DuckDB sees them while they are checked: views over the files, nothing is copied."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from assets.partitions import Partition
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
_HIVE = "hive_partitioning=true, hive_types_autocast=true, hive_types={'day': DATE, 'account': VARCHAR}"


class StoredTables(Protocol):
    """Where the tables lie."""

    def path(self, table: str, partition: Partition | None = None) -> Path:
        """Return where a partition lies, whether it is there or not."""
        ...

    def written_at(self, table: str, partition: Partition | None = None) -> datetime | None:
        """Return when it was written (UTC), None where it is not there."""
        ...


Schemas = Mapping[str, Mapping[str, Any]]


def show(
    execute: Execute, suite: Suite, partitions: Sequence[Partition], stored: StoredTables, schemas: Schemas
) -> None:
    """Make the views that the queries of a suite read: see `rule`. `schemas`: columns and types of every table.

    Raises what DuckDB raises where a file cannot be read.
    """
    days = sorted(set(partitions))
    earlier = sorted(
        {Partition(day.day - timedelta(days=n), day.account) for day in days for n in range(HISTORY_DAYS + 1)}
    )
    asked = [(one.day.isoformat(), one.account) for one in days] if suite.partitioned else [(None, "")]
    execute("CREATE OR REPLACE TABLE asked (day DATE, account VARCHAR)")
    execute(f"INSERT INTO asked VALUES {_values(asked)}")
    inventory: list[tuple[object, ...]] = []
    for name in dict.fromkeys((suite.table, *suite.made_from, *suite.reads, *suite.looks_back)):
        # Where a table has partitions the days before are listed, too, so that volume can be compared.
        there = _files(stored, name, earlier)
        _view(
            execute, name, [path for one, path in there.items() if one is None or one in set(days)], schemas
        )
        if name in suite.looks_back:
            _view(execute, f"{name}_before", list(there.values()), schemas, name)
        inventory += _listed(execute, stored, name, there)
    execute(
        "CREATE OR REPLACE TABLE stored"
        " (name VARCHAR, day DATE, account VARCHAR, rows BIGINT, written_at TIMESTAMPTZ)"
    )
    if inventory:
        execute(f"INSERT INTO stored VALUES {_values(inventory)}")


def _files(stored: StoredTables, table: str, partitions: Iterable[Partition]) -> dict[Partition | None, Path]:
    whole = stored.path(table)
    if whole.exists():
        return {None: whole}
    paths = {one: stored.path(table, one) for one in partitions}
    return {one: path for one, path in paths.items() if path.exists()}


def _listed(
    execute: Execute, stored: StoredTables, table: str, there: Mapping[Partition | None, Path]
) -> Iterator[tuple[object, ...]]:
    if not there:
        return
    found = execute(f"SELECT file_name, num_rows FROM parquet_file_metadata({_list(there.values())})")
    rows = dict(found.fetchall())
    for partition, path in there.items():
        written = stored.written_at(table, partition)
        day, account = (partition.day.isoformat(), partition.account) if partition else (None, "")
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
    if any("day=" in part for part in paths[0].parent.parts[-2:]):
        return f"SELECT * FROM read_parquet({files}, {_HIVE})"
    return f"SELECT *, CAST(NULL AS DATE) AS day, '' AS account FROM read_parquet({files}, hive_partitioning=false)"


def _type(dtype: Any) -> str:
    if isinstance(dtype, pl.List):
        return f"{_type(dtype.inner)}[]"
    return _TYPES[dtype if isinstance(dtype, pl.DataType) else dtype()]


def _list(paths: Iterable[Path]) -> str:
    return f"[{', '.join(_text(path) for path in paths)}]"


def _values(rows: Iterable[Iterable[object]]) -> str:
    return ", ".join(f"({', '.join(_text(value) for value in row)})" for row in rows)


def _text(value: object) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
