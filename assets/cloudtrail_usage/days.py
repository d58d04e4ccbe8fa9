"""The usage of days: one pass over the logs, whose tables are written one after the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from assets.cloudtrail_usage.reader import DayTables, read_days
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
    turn: Path | None = None

    def tables(self, wanted: Mapping[str, Sequence[date]]) -> Iterator[tuple[str, DayTables]]:
        """Yield the tables of each account's days, account by account, the days in order."""
        for account, days in sorted(wanted.items()):
            for made in read_days(
                self.source,
                account,
                days,
                late_days=self.late_days,
                late_from=self.late_deliveries(account),
                now=self.now(),
                late_hours=self.late_hours,
                staging=self.staging,
                workers=self.workers,
                secret=self.secret(),
                progress=self.progress,
                turn=self.turn,
            ):
                yield account, made

    def metadata(self) -> dict[str, int | float]:
        """Return what is worth knowing of how it was read: nothing."""
        return {}


class Reading(Protocol):
    """An engine that counts the logs: this machine (`LogReading`), or Athena (`athena.reading`)."""

    @property
    def staging(self) -> Path:
        """A folder for what is under way."""
        ...

    def tables(self, wanted: Mapping[str, Sequence[date]]) -> Iterator[tuple[str, DayTables]]:
        """Yield the tables of each account's days, each account's in order."""
        ...

    def metadata(self) -> dict[str, int | float]:
        """Return what is worth knowing of how they were made, for the run's metadata."""
        ...


class UsageDays:
    """The tables of a run, in the order in which they are to be written.

    Usage is large and made one day at a time; assumptions and sessions may be larger, and wait in files for
    their turn; rejected records and coverage are small and kept. Coverage comes last: a day without it is not
    finished, whatever else was written before a run died.
    """

    def __init__(self, partitions: Sequence[Partition], reading: Reading, folder: Path) -> None:
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
        wanted: dict[str, list[date]] = {}
        for partition in sorted(self._partitions):
            wanted.setdefault(partition.account, []).append(partition.day)
        for account, made in self._reading.tables(wanted):
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

    def totals(self) -> dict[str, int | float]:
        """Return the sums over the run: what was read, where it went, and what the engine tells."""
        frames = [frame.select(pl.col(TOTALS).sum()) for frame in self._coverage.values()]
        sums = pl.concat(frames).sum().row(0) if frames else (0,) * len(TOTALS)
        return {**dict(zip(TOTALS, sums, strict=True)), **self._reading.metadata()}


@contextmanager
def usage_days(partitions: Sequence[Partition], reading: Reading) -> Iterator[UsageDays]:
    """Give the tables of a run; the files in which some of them wait are gone afterwards."""
    with staging_folder(reading.staging) as folder:
        yield UsageDays(partitions, reading, folder)
