"""The lake as one tick sees it: asked once when a partition was written, and remembered.

A plan of a year asks for the same times ninety times over, once for every window that holds a day.
"""

from dataclasses import dataclass, field
from datetime import datetime

from assets.partitions import AnyPartition
from pipeline.lake import Lake


@dataclass(frozen=True)
class StillLake(Lake):
    """A lake for planning only: what is written after the first look does not show."""

    _times: dict[tuple[str, AnyPartition | None], datetime | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    def written_at(self, table: str, partition: AnyPartition | None = None) -> datetime | None:
        """Return when the partition was last replaced (UTC), as it was at the first look."""
        if (table, partition) not in self._times:
            self._times[table, partition] = super().written_at(table, partition)
        return self._times[table, partition]
