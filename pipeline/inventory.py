"""What the lake holds: every partition with its rows and its time."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from assets.errors import StorageError
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

    Rows are counted from the files' footers; the order is that of the tables, then day and account.
    """
    rows = []
    for table in tables:
        partitions = lake.cuts(table) if TABLES[table].partitioned else [None]
        for partition in partitions:
            path = lake.path(table, partition)
            day, owner = getattr(partition, "day", None), getattr(partition, "account", None)
            if not path.exists() or (account is not None and TABLES[table].partitioned and owner != account):
                continue
            count = _rows_in(path)
            rows.append((table, day, owner, count, path.stat().st_size, lake.written_at(table, partition)))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _rows_in(path: Path) -> int:
    try:
        return int(pl.scan_parquet(path, hive_partitioning=False).select(pl.len()).collect().item())
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise StorageError(
            f"{path}: cannot be read: {reason}; delete it, the next run makes it again"
        ) from None


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
