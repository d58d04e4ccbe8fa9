"""What the lake holds: every partition with its rows and its time."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from pipeline.damaged_files import unreadable
from pipeline.lake import Lake
from pipeline.tables import TABLES

_SCHEMA: dict[str, DataType | DataTypeClass] = {
    "table": pl.String,
    "day": pl.Date,
    "account": pl.String,
    "rows": pl.Int64,
    "bytes": pl.Int64,
    "written_at": pl.Datetime("us", "UTC"),
}


def inventory(lake: Lake, account: str | None, tables: Sequence[str]) -> pl.DataFrame:
    """Return a row for each partition that exists: `table`, `day`, `account`, `rows`, `bytes`, `written_at` (UTC).

    Rows are counted from the files' footers; the order is that of the tables, then day and account. Raises
    `StorageError` for a file that cannot be read.
    """
    rows = []
    for table in tables:
        partitions = lake.cuts(table) if TABLES[table].partitioned else [None]
        for partition in partitions:
            path, written = lake.path(table, partition), lake.written_at(table, partition)
            day, owner = getattr(partition, "day", None), getattr(partition, "account", None)
            if written is None or (account is not None and TABLES[table].partitioned and owner != account):
                continue
            rows.append((table, day, owner, _rows_in(path), path.stat().st_size, written))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _rows_in(path: Path) -> int:
    try:
        return int(
            pl.scan_parquet(path, hive_partitioning=False, glob=False).select(pl.len()).collect().item()
        )
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise unreadable(path, error) from None


def totals(rows: pl.DataFrame) -> pl.DataFrame:
    """Sum an inventory up: a row for each table and account."""
    return rows.group_by("table", "account", maintain_order=True).agg(
        pl.len().alias("partitions"),
        pl.col("day").min().alias("first_day"),
        pl.col("day").max().alias("last_day"),
        pl.col("rows").sum(),
        pl.col("bytes").sum(),
        pl.col("written_at").max().alias("last_written"),
    )
