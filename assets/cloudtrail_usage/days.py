"""The usage of days: one pass over the logs, whose tables are written one after the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.reader import read_days
from assets.cloudtrail_usage.sources.source import LogSource
from assets.partitions import Partition

Parts = Iterator[tuple[Partition, pl.DataFrame]]
TOTALS = ("records", "permission_events", "other_events", "duplicates", "rejected", "unreadable_files")


@dataclass(frozen=True)
class LogReading:
    """How the logs are read: see `reader.read_days` for the meaning of each."""

    source: LogSource
    late_days: int
    late_hours: int
    late_deliveries: Callable[[str], Mapping[date, Sequence[date]]]
    now: Callable[[], datetime]
    staging: Path
    workers: int
    progress: Callable[[int, int], None] | None = None


class UsageDays:
    """The three tables of a run, in the order in which they are to be written.

    Usage is large and made one day at a time; rejected records and coverage are small and kept until their
    turn. Coverage comes last: a day without it is not finished, whatever else was written before a run died.
    """

    def __init__(self, partitions: Sequence[Partition], reading: LogReading) -> None:
        """Take the partitions in order."""
        self._partitions = partitions
        self._reading = reading
        self._rejected: dict[Partition, pl.DataFrame] = {}
        self._coverage: dict[Partition, pl.DataFrame] = {}

    def usage(self) -> Parts:
        """Yield `cloudtrail_usage`."""
        by_account = sorted(self._partitions, key=lambda partition: (partition.account, partition.day))
        for account, partitions in groupby(by_account, key=lambda partition: partition.account):
            yield from self._usage_of(account, [partition.day for partition in partitions])

    def _usage_of(self, account: str, days: Sequence[date]) -> Parts:
        reading = self._reading
        for made in read_days(
            reading.source,
            account,
            days,
            late_days=reading.late_days,
            late_from=reading.late_deliveries(account),
            now=reading.now(),
            late_hours=reading.late_hours,
            staging=reading.staging,
            workers=reading.workers,
            progress=reading.progress,
        ):
            partition = Partition(made.day, account)
            self._rejected[partition], self._coverage[partition] = made.rejected, made.coverage
            yield partition, made.usage

    def rejected(self) -> Parts:
        """Yield `rejected_records`; `usage` must have been run through."""
        return iter(self._rejected.items())

    def coverage(self) -> Parts:
        """Yield `log_coverage`; `usage` must have been run through."""
        return iter(self._coverage.items())

    def totals(self) -> dict[str, int]:
        """Return the sums over the run: what was read, and where it went."""
        frames = [frame.select(pl.col(TOTALS).sum()) for frame in self._coverage.values()]
        return (
            dict(zip(TOTALS, pl.concat(frames).sum().row(0), strict=True))
            if frames
            else dict.fromkeys(TOTALS, 0)
        )
