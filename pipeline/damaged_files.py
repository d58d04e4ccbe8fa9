"""Which file of the lake cannot be read: Polars says what is wrong with one, and not which one it was.

Nothing is looked at before something has failed; then the files that were scanned last are read one by one.
"""

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from assets.errors import StorageError

# Of this many scans the files are remembered: an answer, or a step of a run, takes fewer.
_SCANS = 64
_SNAPSHOTS = "iam_snapshots"
_scanned: deque[Sequence[str]] = deque(maxlen=_SCANS)
# A panic is no Exception.
_ERRORS = (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


def remember(paths: Sequence[str]) -> None:
    """Take note of the files of a scan, which are read when somebody collects it."""
    _scanned.append(paths)


def damaged(error: BaseException | None) -> StorageError | None:
    """Return what names the damaged file that an error comes from; None where it does not come from one."""
    while error is not None and not isinstance(error, _ERRORS[1:]):
        error = error.__cause__
    if error is None:
        return None
    paths = dict.fromkeys(path for paths in reversed(_scanned) for path in paths)
    return next((found for path in paths if (found := _what_is_wrong(path)) is not None), None)


def unreadable(path: object, error: BaseException) -> StorageError:
    """Return the error for a file of the lake that is there and cannot be read."""
    if isinstance(error, OSError) and error.strerror:
        return StorageError(
            f"{path}: cannot be read: {error.strerror}; check the permissions below 'storage: root'"
        )
    reason = str(error).partition("\n")[0]
    return StorageError(f"{path}: cannot be read: {reason}; {instead(path)}")


def instead(path: object) -> str:
    """Return what to do about a file of the lake that is there and is broken."""
    if _SNAPSHOTS in Path(str(path)).parts:
        # Nobody can be asked what was granted on a past day.
        return (
            "restore it from a backup; where there is none delete it, and the next run takes the nearest other snapshot"
            " for its day"
        )
    return "delete it, the next run makes it again"


def _what_is_wrong(path: str) -> StorageError | None:
    scan = pl.scan_parquet(path, hive_partitioning=False, glob=False)
    try:
        # Column by column: the whole may not fit into the memory.
        for name in scan.collect_schema():
            scan.select(name).collect()
    except FileNotFoundError:
        return None
    except _ERRORS as error:
        return unreadable(path, error)
    return None
