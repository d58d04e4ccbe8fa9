"""The tables as they lie: hive-partitioned Parquet below one root, a partition replaced whole or not at all.

No Dagster in here: the command line answers from these files without importing it.
"""

import io
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO

import polars as pl

from assets.coded_text import of_used_values, text_of
from assets.errors import StorageError, UnwritableError
from assets.partitions import AnyPartition, Partition
from pipeline.damaged_files import instead, remember, unreadable
from pipeline.full_disk import no_room
from pipeline.replacing import replaced
from pipeline.tables import TABLES

FILE = "part-0.parquet"
# Folders that somebody else made there are no partitions.
_FOLDERS = {
    "day": re.compile("day=([0-9]{4}-[0-9]{2}-[0-9]{2})"),
    "account": re.compile("account=([0-9]{12})"),
}
# Of a table that is written as it is read. Codes take little room, and each group holds their names again.
_ROW_GROUP, _CODED_ROW_GROUP = 50_000, 250_000
_ARROW_SCHEMA = "ARROW:schema"
_HIVE = {"day": pl.Date, "account": pl.String}


@dataclass(frozen=True)
class Lake:
    """All tables below `root` (an absolute local directory)."""

    root: Path

    def path(self, table: str, partition: AnyPartition | None = None) -> Path:
        """Return where a partition (or an unpartitioned table) lies, whether it is there or not."""
        return Path(self.root, table, *(partition.folders if partition is not None else ()), FILE)

    def written_at(self, table: str, partition: AnyPartition | None = None) -> datetime | None:
        """Return when the partition was last replaced (UTC), or None where there is none.

        Raises `StorageError` where that cannot be seen, as the functions below do.
        """
        status = _status(self._name(table, partition))
        return datetime.fromtimestamp(status.st_mtime, UTC) if status else None

    def partitions(self, table: str, account: str | None = None) -> list[Partition]:
        """Return the partitions that exist, by day and account."""
        found = []
        for day in _keys(Path(self.root, table), "day"):
            folder = Path(self.root, table, f"day={day}")
            accounts = [account] if account else _keys(folder, "account")
            found += [Partition(date.fromisoformat(day), one) for one in accounts]
        return [one for one in found if _status(self._name(table, one))]

    def write(
        self,
        table: str,
        frame: pl.DataFrame | pl.LazyFrame,
        partition: AnyPartition | None = None,
        written_at: datetime | None = None,
    ) -> None:
        """Replace a partition: a reader sees the old rows or the new ones, a killed run leaves the old ones.

        The rows of a LazyFrame pass through the memory a few at a time. Columns of text may be Enums, which are
        written much faster: they are text to whoever reads the file.

        Columns and types must be those of the table's schema; the same frame gives the same bytes. `written_at`
        is the time that the file bears, now where none is given.
        """
        schema = TABLES[table].schema
        stored = frame.collect_schema()
        given = pl.Schema({name: text_of(dtype) for name, dtype in stored.items()})
        if dict(given) != dict(schema):
            wrong = {
                name: given.get(name) for name in {**schema, **given} if schema.get(name) != given.get(name)
            }
            raise StorageError(f"{table}: the columns are not those of its schema: {wrong}")
        path = self.path(table, partition)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            at = (written_at or datetime.now(UTC)).timestamp()
            with replaced(path, self.root, at) as temporary, temporary.open("wb") as file:
                _write(file, frame, stored, given, TABLES[table].wide)
        except OSError as error:
            raise StorageError(
                f"{path}: cannot be written: {error.strerror or error}; check 'storage: root' and its permissions"
            ) from None
        except pl.exceptions.PolarsError as error:
            if (reason := no_room(error)) is None:
                raise
            raise StorageError(
                f"{path}: cannot be written: {reason}; check the disk of 'storage: root'"
            ) from None

    def read(self, table: str) -> pl.DataFrame:
        """Return an unpartitioned table; `StorageError` where it was never materialised."""
        path = self._whole(table, None)
        if path is None:
            raise StorageError(
                f"{table}: is not materialised below {self.root}; run 'cloudtracker run' first"
            )
        try:
            return pl.read_parquet(path, hive_partitioning=False, glob=False)
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise unreadable(path, error) from None

    def scan(self, table: str, partitions: Iterable[AnyPartition]) -> pl.LazyFrame:
        """Return the rows of those partitions that exist, with `day` and `account`; no rows where none does.

        A table that is cut by day or by account only has only that column more. A column that a partition of an
        earlier version does not have is null there.
        """
        hive = {name: _HIVE[name] for name in TABLES[table].cut.__dataclass_fields__}
        ordered = sorted(partitions, key=lambda one: one.folders)
        paths = [path for one in ordered if (path := self._whole(table, one)) is not None]
        if not paths:
            return pl.LazyFrame(schema={**TABLES[table].schema, **hive})
        remember(paths)
        return pl.scan_parquet(
            paths,
            # A root may be called what Polars takes for a pattern, as `lake[1]`: it would read that of `lake1`.
            glob=False,
            hive_partitioning=True,
            hive_schema=hive,
            schema=TABLES[table].schema,
            missing_columns="insert",
            extra_columns="ignore",
        )

    def cuts(self, table: str) -> list[AnyPartition]:
        """Return the partitions that exist of any partitioned table, in order."""
        cut = TABLES[table].cut
        if cut is Partition:
            return list(self.partitions(table))
        (name,) = cut.__dataclass_fields__
        found: list[AnyPartition] = [cut.from_key(key) for key in _keys(Path(self.root, table), name)]
        return [one for one in found if _status(self._name(table, one))]

    def existing(self, table: str, partitions: Sequence[Partition]) -> set[Partition]:
        """Return those of the partitions that exist."""
        return {partition for partition in partitions if _status(self._name(table, partition))}

    def _name(self, table: str, partition: AnyPartition | None) -> str:
        # An answer looks at hundreds of files: by name and handle, half of the time that Path takes.
        return os.path.join(self.root, table, *(partition.folders if partition is not None else ()), FILE)  # noqa: PTH118

    def _whole(self, table: str, partition: AnyPartition | None) -> str | None:
        path = self._name(table, partition)
        try:
            handle = os.open(path, os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise unreadable(path, error) from None
        try:
            size = os.fstat(handle).st_size
            ends = os.pread(handle, 4, 0), os.pread(handle, 4, max(0, size - 4))
        finally:
            os.close(handle)
        if ends != (b"PAR1", b"PAR1"):
            raise StorageError(f"{path}: is not a whole Parquet file; {instead(path)}")
        return path


def _status(path: str) -> os.stat_result | None:
    """Return what the system knows of a file, None where there is none. Raises `StorageError`.

    What may not be looked at is not missing: its days would be made, or told of, as if nothing were stored.
    """
    try:
        return os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unreadable(path, error) from None


def _keys(folder: Path, name: str) -> list[str]:
    """Return what `name` is in those folders `name=...` that are partitions, sorted. Raises `StorageError`."""
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise unreadable(folder, error) from None
    found = (match[1] for one in names if (match := _FOLDERS[name].fullmatch(one)))
    return sorted(key for key in found if name != "day" or _is_day(key))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def ensure_writable(root: Path, named_in: str = "'storage: root'") -> None:
    """Raise `UnwritableError` with the reason where nothing can be written below `root`, and where it is named."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=root, prefix=".write-test-"):
            pass
    except OSError as error:
        raise UnwritableError(
            f"{root}: cannot be written: {error.strerror or error}; name another directory in {named_in}"
        ) from None


def _write(
    file: IO[bytes], frame: pl.DataFrame | pl.LazyFrame, stored: pl.Schema, read: pl.Schema, wide: bool
) -> None:
    if isinstance(frame, pl.DataFrame) and read == stored:
        frame.write_parquet(file, compression="zstd", statistics=True)
    elif isinstance(frame, pl.DataFrame) and frame.height <= _CODED_ROW_GROUP:
        # A group of rows holds all names that there are codes for: few rows would lie below many names.
        coded = [name for name, dtype in read.items() if dtype != stored[name]]
        _sink(
            file, frame.with_columns(of_used_values(frame[name]) for name in coded).lazy(), stored, read, wide
        )
    else:
        _sink(file, frame.lazy(), stored, read, wide)


def _sink(file: IO[bytes], frame: pl.LazyFrame, stored: pl.Schema, read: pl.Schema, wide: bool) -> None:
    if read == stored:
        frame.sink_parquet(file, compression="zstd", statistics=True, row_group_size=_ROW_GROUP)
        return
    # Polars, and whoever goes by Arrow's schema, would read Enums. Parquet itself knows text only.
    empty = io.BytesIO()
    pl.DataFrame(schema=read).write_parquet(empty)
    empty.seek(0)
    frame.sink_parquet(
        file,
        compression="zstd",
        statistics=True,
        row_group_size=_ROW_GROUP if wide else _CODED_ROW_GROUP,
        metadata={_ARROW_SCHEMA: pl.read_parquet_metadata(empty)[_ARROW_SCHEMA]},
    )
