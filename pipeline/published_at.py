"""What a warehouse has been told already: for each partition the time of the lake's file that was loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from assets.partitions import AnyPartition
from assets.warehouse.atomic_file import replace_bytes

_Times = dict[str, dict[str, datetime]]


@dataclass(frozen=True)
class PublishedAt:
    """A file per warehouse: table, partition's key, time (UTC). What cannot be read is as if it were not there."""

    path: Path
    _times: _Times = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Read the file."""
        try:
            self._times.update(msgspec.json.decode(self.path.read_bytes(), type=_Times))
        except (OSError, msgspec.MsgspecError):
            self._times.clear()

    def of(self, table: str, partition: AnyPartition) -> datetime | None:
        """Return the time of what was loaded, None where nothing was."""
        return self._times.get(table, {}).get(partition.key)

    def keys(self, table: str) -> list[str]:
        """Return the keys of the table's partitions that were ever loaded."""
        return sorted(self._times.get(table, {}))

    def add(self, times: Mapping[tuple[str, AnyPartition], datetime]) -> None:
        """Remember these. Raises `StorageError` where the file cannot be written."""
        for (table, partition), time in times.items():
            self._times.setdefault(table, {})[partition.key] = time.astimezone(UTC)
        replace_bytes(self.path, msgspec.json.encode(self._times, order="sorted"))
