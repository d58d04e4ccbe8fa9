"""Events on their way: rows of the events of a day in files (`streams`), written by any process, merged by one.

A day's folder holds `rows-*` (`id` UInt128, see `event_ids`, `code` UInt64, `session_code` UInt64, `time` Int64
microseconds, `region` UInt16: an index) or `named-*` with `id` String, `actors-*`, `kinds-*` and `pairs-*`
(`keys.KeyTables`), `sessions-*` (the columns of `session_keys.SESSION_SCHEMA` and `session_code`) and
`assumed-*` (those of `schema.ROLE_ASSUMPTIONS`).
"""

import fcntl
import os
import shutil
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from assets.cloudtrail_usage.event_columns import EventColumns, bad_time
from assets.cloudtrail_usage.event_ids import NUMBERS, numbers_of, with_texts
from assets.cloudtrail_usage.event_time import MICROSECONDS_A_DAY, NEVER, times_of
from assets.cloudtrail_usage.keys import KeyTables
from assets.cloudtrail_usage.lines import Lines
from assets.cloudtrail_usage.rejections import Defect
from assets.cloudtrail_usage.streams import SUFFIX, read_stream, write_stream
from assets.errors import StorageError

_PREFIX = "logs-"
_NUMBERED, _NAMED = "rows", "named"


class _FileRows(NamedTuple):
    """A file by its index, its region, and its rows: from `first` to `end` (excluded)."""

    file: int
    region: int
    first: int
    end: int


@contextmanager
def staging_folder(parent: Path) -> Iterator[Path]:
    """Give an empty folder below `parent` (made if need be) that is gone afterwards, however it ends.

    What processes that were killed left there is removed. Raises StorageError when `parent` cannot be written.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        # Nobody looks for abandoned folders between the making of one and its lock.
        with locked(parent):
            _remove_abandoned(parent)
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            held = os.open(folder, os.O_RDONLY)
            fcntl.flock(held, fcntl.LOCK_EX)
    except OSError as error:
        raise StorageError(
            f"{parent}: cannot be written ({error.strerror}); logs are staged there"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


@contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Lock a file or folder itself; the system lets go of it when the process ends. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _remove_abandoned(parent: Path) -> None:
    """Remove the folders that nobody holds."""
    for path in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError), locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(path, ignore_errors=True)


def day_folder(staging: Path, day: int) -> Path:
    """Return the folder of a day, counted from 1970-01-01."""
    return staging / f"day-{day}"


def staged(staging: Path, day: int, kind: str) -> list[Path]:
    """Return the files of a kind (`rows`, `pairs`, `sessions`, ...) of a day, sorted."""
    return sorted(day_folder(staging, day).glob(f"{kind}-*{SUFFIX}"))


def remove_day(staging: Path, day: int) -> None:
    """Remove what was staged of a day."""
    shutil.rmtree(day_folder(staging, day), ignore_errors=True)


class EventRows:
    """Events of a batch of files that were not written yet."""

    def __init__(self) -> None:
        """Start empty."""
        self._ids, self._times = Lines(), Lines()
        self._identities, self._kinds = array("I"), array("I")
        self._files: list[_FileRows] = []

    @property
    def count(self) -> int:
        """How many there are."""
        return self._ids.count

    def add(self, events: EventColumns) -> None:
        """Add the events of a file."""
        self._ids.add(events.ids)
        self._times.add(events.times)
        self._identities.extend(events.identities)
        self._kinds.extend(events.kinds)

    def end_file(self, file: int, region: int) -> None:
        """Say of which file and region the rows are that came since the last call."""
        first = self._files[-1].end if self._files else 0
        self._files.append(_FileRows(file, region, first, self._ids.count))

    def frame(self, latest: int = NEVER) -> tuple[pl.DataFrame, list[tuple[int, Defect]]]:
        """Return the rows, and of which files those are that have no time before `latest` (us).

        The rows: `id`, numbers of `identity` and `kind`, `time`, `region`, index of the `file`, and `day`. `id` is a
        number (`event_ids`) where all of them are UUIDs, else text. The day is counted from 1970-01-01.
        """
        numbers, time = numbers_of(self._ids), times_of(self._times)
        if (time >= latest).any():
            time = time.set(time >= latest, None)
        rows = self._numbers().with_columns(
            id=pl.Series(self._ids.texts(), dtype=pl.String) if numbers is None else numbers,
            time=time,
            day=(time // MICROSECONDS_A_DAY).cast(pl.Int32),
        )
        bad = self._untimed(time) if time.has_nulls() else []
        return rows.drop_nulls("time") if bad else rows, bad

    def _numbers(self) -> pl.DataFrame:
        file, region, first, end = np.array(self._files, np.uint32).T
        return pl.DataFrame(
            {
                "identity": np.array(self._identities),
                "kind": np.array(self._kinds),
                "region": np.repeat(region.astype(np.uint16), end - first),
                "file": np.repeat(file, end - first),
            }
        )

    def _untimed(self, time: pl.Series) -> list[tuple[int, Defect]]:
        """Return of which files those are that have no time."""
        texts = self._times.texts()
        return [
            # Files with defects that were seen before have none of these: all rows of others are here, in order.
            (file.file, bad_time(row - file.first, texts[row]))
            for row in time.is_null().arg_true()
            for file in self._files
            if file.first <= row < file.end
        ]


def write_rows(staging: Path, day: int, name: str, rows: pl.DataFrame) -> None:
    """Write rows of a day. `name` is unique among the batches."""
    kind = _NUMBERED if rows["id"].dtype == NUMBERS else _NAMED
    write_staged(staging, day, kind, name, rows.select("id", "code", "session_code", "time", "region"))


@dataclass(frozen=True)
class StagedRows:
    """The rows of a day in `files`; one that has an id which is no UUID is read as text, all of it."""

    files: Sequence[Path]
    as_text: bool

    @staticmethod
    def of_day(staging: Path, day: int) -> "StagedRows":
        """Return the rows that `write_rows` wrote."""
        named = staged(staging, day, _NAMED)
        return StagedRows([*named, *staged(staging, day, _NUMBERED)], bool(named))

    def read(self, files: Sequence[Path]) -> pl.DataFrame:
        """Return the rows of some of the files."""
        read = map(read_stream, files)
        return pl.concat([with_texts(rows, "id") for rows in read] if self.as_text else read)

    def ids(self, file: Path) -> pl.Series:
        """Return the ids of one of the files, as in its rows."""
        ids = read_stream(file, ["id"])
        return (with_texts(ids, "id") if self.as_text else ids)["id"]


def write_keys(staging: Path, day: int, name: str, keys: KeyTables) -> None:
    """Write the keys that a batch's rows of the day may have."""
    for kind, frame in keys._asdict().items():
        write_staged(staging, day, kind, name, frame)


def write_staged(staging: Path, day: int, kind: str, name: str, frame: pl.DataFrame) -> None:
    """Write a file that `staged` finds; none for no rows."""
    if not frame.is_empty():
        write_stream(frame, day_folder(staging, day) / f"{kind}-{name}.{frame.height}{SUFFIX}")
