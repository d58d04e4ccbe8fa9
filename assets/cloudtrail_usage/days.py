"""The usage of days: one pass over the logs, whose tables are written one after the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.reader import read_days
from assets.cloudtrail_usage.sources.source import LogSource
from assets.cloudtrail_usage.spilled import Spilled
from assets.cloudtrail_usage.staging import staging_folder
from assets.partitions import Partition

Parts = Iterator[tuple[Partition, pl.DataFrame]]
LazyParts = Iterator[tuple[Partition, pl.LazyFrame]]
TOTALS = ("records", "permission_events", "other_events", "duplicates", "rejected", "unreadable_files")


@dataclass(frozen=True)
class LogReading:
    """How the logs are read: see `reader.read_days` for the meaning of each.

    `secret` is asked for only when logs are read: the first time makes it.
    """

    source: LogSource
    late_days: int
    late_hours: int
    late_deliveries: Callable[[str], Mapping[date, Sequence[date]]]
    now: Callable[[], datetime]
    staging: Path
    workers: int
    secret: Callable[[], bytes] = field(repr=False)
    progress: Callable[[int, int], None] | None = None


class UsageDays:
    """The tables of a run, in the order in which they are to be written.

    Usage is large and made one day at a time; assumptions and sessions may be larger, and wait in files for
    their turn; rejected records and coverage are small and kept. Coverage comes last: a day without it is not
    finished, whatever else was written before a run died.
    """

    def __init__(self, partitions: Sequence[Partition], reading: LogReading, folder: Path) -> None:
        """Take the partitions in order. Files wait below `folder`."""
        self._partitions = partitions
        self._reading = reading
        self._folder = folder
        self._assumptions: dict[Partition, Spilled] = {}
        self._sessions: dict[Partition, Spilled] = {}
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
            secret=reading.secret(),
            progress=reading.progress,
        ):
            partition = Partition(made.day, account)
            self._rejected[partition], self._coverage[partition] = made.rejected, made.coverage
            waiting = self._folder / f"{account}-{made.day}"
            self._assumptions[partition] = made.assumptions.moved(waiting / "assumptions")
            self._sessions[partition] = made.sessions.moved(waiting / "sessions")
            yield partition, made.usage

    def assumptions(self) -> LazyParts:
        """Yield `role_assumptions`; `usage` must have been run through."""
        for partition, table in self._assumptions.items():
            yield partition, table.lazy()

    def sessions(self) -> LazyParts:
        """Yield `session_usage`; `usage` must have been run through."""
        for partition, table in self._sessions.items():
            yield partition, table.lazy()

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


@contextmanager
def usage_days(partitions: Sequence[Partition], reading: LogReading) -> Iterator[UsageDays]:
    """Give the tables of a run; the files in which some of them wait are gone afterwards."""
    with staging_folder(reading.staging) as folder:
        yield UsageDays(partitions, reading, folder)
