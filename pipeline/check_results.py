"""The last results of the checks, stored beside the tables: `<root>/check_results/<table>/account=<id>/`.

One small Parquet file a table and account, replaced whole; `cloudtracker checks` reads nothing else. A table
without partitions, or cut by day only, has one file, without the `account=` folder.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import polars as pl

from assets.errors import StorageError
from assets.partitions import at_place
from assets.table_checks.results import CHECK_RESULTS
from pipeline.damaged_files import unreadable
from pipeline.lake import FILE, Lake
from pipeline.replacing import temporary_beside
from pipeline.tables import TABLES

FOLDER = "check_results"
_ORDER = ("table", "account", "day", "check")


def store(lake: Lake, results: pl.DataFrame) -> None:
    """Store results (columns of `CHECK_RESULTS`); those stored of the same partitions go. Raises `StorageError`."""
    for (table, account), mine in results.group_by("table", "account"):
        path = _path(lake, str(table), str(account))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(path):
                _replace(path, mine)
        except OSError as error:
            raise StorageError(
                f"{path}: cannot be written: {error.strerror or error}; check 'storage: root' and its permissions"
            ) from None


def _replace(path: Path, results: pl.DataFrame) -> None:
    kept = _read([path]).join(results, on=["table", "account", "day"], how="anti", nulls_equal=True)
    temporary = temporary_beside(path)
    try:
        pl.concat([kept, results]).sort(_ORDER).write_parquet(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def last(
    lake: Lake, account: str | None = None, day: date | None = None, table: str | None = None
) -> pl.DataFrame:
    """Return the stored results, sorted by table, account, day and check, and whether they are `outdated`.

    The columns are those of `CHECK_RESULTS` and `outdated` (Boolean): the partition was written, or deleted,
    since. `account`, `day` and `table` narrow; tables that are not cut by account, or by day, are left out where it
    is given. Raises `StorageError`.
    """
    rows = _read(_files(lake, table)).sort(_ORDER, nulls_last=False)
    if account is not None:
        rows = rows.filter(pl.col("account") == account)
    if day is not None:
        rows = rows.filter(pl.col("day") == day)
    places = rows.select("table", "day", "account").unique()
    written = [
        lake.written_at(name, at_place(TABLES[name].cut, on, whose) if TABLES[name].partitioned else None)
        for name, on, whose in places.iter_rows()
    ]
    times = places.with_columns(written=pl.Series(written, dtype=pl.Datetime("us", "UTC")))
    known = rows.join(
        times, on=["table", "day", "account"], how="left", nulls_equal=True, maintain_order="left"
    )
    outdated = pl.col("written").is_null() | (pl.col("written") > pl.col("checked_at"))
    return known.with_columns(outdated=outdated).drop("written")


def standing_errors(rows: pl.DataFrame) -> int:
    """Return how many of the results are errors that stand."""
    return rows.filter(~pl.col("passed") & (pl.col("severity") == "error")).height


def _files(lake: Lake, table: str | None) -> list[Path]:
    """Return the files of results. Raises `StorageError`: where a folder may not be looked at, an error may stand."""
    folder = lake.root / FOLDER
    found = []
    for name in [table] if table else _names(folder):
        places = [one for one in _names(folder / name) if one.startswith("account=")]
        found += [folder / name / FILE, *(folder / name / place / FILE for place in places)]
    return found


def _names(folder: Path) -> list[str]:
    # Unlike `glob`, which passes over what it may not look at.
    try:
        return sorted(path.name for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise unreadable(folder, error) from None


def _path(lake: Lake, table: str, account: str) -> Path:
    folder = lake.root / FOLDER / table
    return (folder / f"account={account}" if account else folder) / FILE


def _read(paths: list[Path]) -> pl.DataFrame:
    frames = [pl.DataFrame(schema=CHECK_RESULTS)]
    for path in paths:
        try:
            frames.append(
                pl.read_parquet(path, hive_partitioning=False, glob=False).select(list(CHECK_RESULTS))
            )
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            reason = str(error).partition("\n")[0]
            raise StorageError(
                f"{path}: cannot be read: {reason}; where it is damaged delete it: 'cloudtracker checks --run' makes"
                " it again"
            ) from None
    return pl.concat(frames)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # Two runs that check days of one table and account each keep what the other stored.
    with (path.parent / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
