"""Which trail settings stand for which day: today's are read, a past day keeps what was read on it, or nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

from assets.aws_access.access import AwsAccess
from assets.partitions import Partition
from assets.trail_settings.live import read_trails
from assets.trail_settings.schema import TRAIL_SETTINGS

TABLE = "trail_settings"


class Stored(Protocol):
    """The partitions that are stored already."""

    def existing(self, table: str, partitions: Sequence[Partition]) -> set[Partition]:
        """Return those of the partitions that exist."""
        ...

    def scan(self, table: str, partitions: Iterable[Partition]) -> pl.LazyFrame:
        """Return their rows with `day` and `account`."""
        ...


@dataclass(frozen=True)
class TrailSources:
    """How the accounts are reached whose trails are read, what is stored, and the start of the run (UTC).

    What was read on the same day stands, unless `anew`.
    """

    accesses: Mapping[str, AwsAccess]
    stored: Stored
    now: datetime
    anew: bool = False

    def settings(self, partitions: Iterable[Partition]) -> Iterator[tuple[Partition, pl.DataFrame]]:
        """Yield `trail_settings` for each partition. Raises as `read_trails` does."""
        for partition in partitions:
            yield partition, self._of(partition)

    def _of(self, partition: Partition) -> pl.DataFrame:
        access = self.accesses.get(partition.account)
        today = partition.day == self.now.date()
        if access is not None and today and (self.anew or not self.stored.existing(TABLE, [partition])):
            return read_trails(access, self.now)
        return self.stored.scan(TABLE, [partition]).select(list(TRAIL_SETTINGS)).collect()
