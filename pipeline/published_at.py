"""What a warehouse has been told already: for each partition the time of the lake's file that was loaded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from assets.partitions import AnyPartition
from assets.replaced_file import replace_file

_Times = dict[str, dict[str, datetime | None]]


@dataclass(frozen=True)
class PublishedAt:
    """A file per warehouse: table, partition's key, time (UTC); null where it was loaded once and must be again.

    What cannot be read is as if it were not there. Where there is no file yet, the partitions of `earlier` are to be
    loaded again: a version before this one wrote it, whose warehouses shared a file where they differed in schema or
    options only. The first of them to load takes its place.
    """

    path: Path
    earlier: Path
    _times: _Times = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Read the file."""
        if self.path.exists():
            self._times.update(_read(self.path))
        else:
            self._times.update(_untimed(_read(self.earlier)))

    def of(self, table: str, partition: AnyPartition) -> datetime | None:
        """Return the time of what was loaded, None where nothing was, or where it is gone."""
        return self._times.get(table, {}).get(partition.key)

    def keys(self, table: str) -> list[str]:
        """Return the keys of the table's partitions that were ever loaded."""
        return sorted(self._times.get(table, {}))

    def tables(self) -> list[str]:
        """Return the tables of which something was loaded."""
        return sorted(self._times)

    def forget(self, tables: Iterable[str]) -> None:
        """Have all of these loaded again: they are gone. Raises `StorageError` where the file cannot be written."""
        self._times.update(_untimed({table: self._times[table] for table in tables}))
        self._write()

    def add(self, times: Mapping[tuple[str, AnyPartition], datetime]) -> None:
        """Remember these. Raises `StorageError` where the file cannot be written."""
        for (table, partition), time in times.items():
            self._times.setdefault(table, {})[partition.key] = time.astimezone(UTC)
        self._write()

    def _write(self) -> None:
        replace_file(self.path, msgspec.json.encode(self._times, order="sorted"))
        self.earlier.unlink(missing_ok=True)


def _read(path: Path) -> _Times:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Times)
    except (OSError, msgspec.MsgspecError):
        return {}


def _untimed(times: _Times) -> _Times:
    return {table: dict.fromkeys(keys) for table, keys in times.items()}
