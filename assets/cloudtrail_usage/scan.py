"""Read a batch of log files: their events to staged rows, everything else to counts and rejections."""

from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from itertools import compress, count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from assets.cloudtrail_usage.access_keys import KeyHash
from assets.cloudtrail_usage.actors import Actors
from assets.cloudtrail_usage.assumption import Caller, Row, assumption_of, caller_of
from assets.cloudtrail_usage.batches import Batch, is_log
from assets.cloudtrail_usage.event_columns import EventReader
from assets.cloudtrail_usage.event_time import day_number, day_of, micros_of, too_late
from assets.cloudtrail_usage.freed_memory import give_back
from assets.cloudtrail_usage.keys import EventKeys
from assets.cloudtrail_usage.log_content import LogContent, read_records
from assets.cloudtrail_usage.records import identity_of
from assets.cloudtrail_usage.rejections import WHOLE_FILE, Defect, Reason, Rejection, unread
from assets.cloudtrail_usage.remembered import Remembered
from assets.cloudtrail_usage.schema import assumption_rows
from assets.cloudtrail_usage.session_keys import SessionKeys
from assets.cloudtrail_usage.sources.source import LogSource
from assets.cloudtrail_usage.staged_numbers import StagedNumbers
from assets.cloudtrail_usage.staging import EventRows, write_keys, write_rows, write_staged
from assets.uncollected import uncollected

FLUSH_ROWS = 60_000
# Their rows are wide.
FLUSH_ASSUMPTIONS = 10_000
# Identities, or principals and kinds of events: rows have numbers of them, so they are forgotten after a flush.
REMEMBERED = 30_000
# Those who ask for sessions are some 2 KB each.
_CALLERS = 2_000
# An actor and a kind as one number.
_PAIR = 2**32


class RegionDay(NamedTuple):
    """Index of a region, and a day counted from 1970-01-01."""

    region: int
    day: int


@dataclass(frozen=True)
class Job:
    """What all batches of a reading have in common. Sent to the workers, so it is picklable."""

    source: LogSource
    account: str
    regions: tuple[str, ...]
    staging: Path
    late_days: int
    secret: bytes = field(repr=False)


@dataclass
class BatchResult:
    """What a batch held: files that `held` staged rows by event day, days it is `late` for."""

    delivery: date
    steps: int
    last: bool
    files: Counter[int] = field(default_factory=Counter)
    bytes: Counter[int] = field(default_factory=Counter)
    held: Counter[RegionDay] = field(default_factory=Counter)
    late: set[RegionDay] = field(default_factory=set)
    rejected: list[Rejection] = field(default_factory=list)


class Scanner:
    """Scans batches of a reading one after the other, and remembers who acted and what events there are."""

    def __init__(self, job: Job, remembered: int = REMEMBERED) -> None:
        """Start with nothing remembered; more than `remembered` identities or kinds are forgotten."""
        self._job, self._most = job, remembered
        self._key_hash = KeyHash(job.secret)
        self._keys, self._sessions = EventKeys(), SessionKeys(self._key_hash)
        self._actors = Actors(self._keys, self._sessions)
        self._reader = EventReader(job.account, self._keys)
        self._staged: defaultdict[int, StagedNumbers] = defaultdict(StagedNumbers)
        self._rows = EventRows()
        self._assumptions: list[Row] = []
        self._callers = Remembered(self._caller, _CALLERS)

    def scan(self, batch: Batch, stopped: Callable[[], bool] = lambda: False) -> BatchResult:
        """Read the files of a batch and stage the events of its `keep` days; ends early when `stopped()`."""
        result = BatchResult(batch.delivery, batch.steps, batch.last)
        result.rejected.extend(batch.unlisted)
        flushes = count()
        with closing(_contents(self._job.source, batch)) as contents:
            for index, (region, file) in enumerate(batch.files):
                if stopped():
                    break
                result.files[region] += 1
                result.bytes[region] += file.size
                data = next(contents) if is_log(file.path) else None
                with uncollected():
                    name = self._job.regions[region]
                    result.rejected.extend(
                        Rejection(name, file.path, *defect)
                        for defect in self._read(name, data, too_late(batch.delivery))
                    )
                self._rows.end_file(index, region)
                if self._rows.count >= FLUSH_ROWS or len(self._assumptions) >= FLUSH_ASSUMPTIONS:
                    self._flush(batch, result, next(flushes))
        self._flush(batch, result, next(flushes))
        if batch.last:
            # Days are merged next, which needs the memory, and another day has other sessions.
            self.forget()
            give_back()
        return result

    def _read(self, region: str, data: bytes | OSError | None, latest: int) -> list[Defect]:
        """Add the events of a file to the rows, and return what is wrong with it."""
        if data is None:
            return [Defect(WHOLE_FILE, Reason.UNEXPECTED_FILE, "neither .json nor .json.gz")]
        if isinstance(data, OSError):
            return [unread(data, Reason.UNREADABLE_FILE)]
        content = read_records(data, self._actors.in_region(region))
        return sorted([*content.defects, *self._take(content, region, latest)])

    def _take(self, content: LogContent[int], region: str, latest: int) -> list[Defect]:
        """Add the records that are events to the rows, and return what is wrong with the others."""
        events, defects = self._reader.columns_of(content, latest)
        self._rows.add(events)
        # A few in a hundred events: nothing but the numbers of the kinds is looked through.
        for index in compress(count(), map(self._keys.issuing.__contains__, events.kinds)):
            record = events.records[index]
            time = micros_of(record.event_time)
            if time is not None and time < latest:
                caller = self._callers[bytes(record.user_identity), region]
                row = assumption_of(record, caller, events.ids[index], time, region, self._key_hash)
                self._assumptions.append(row)
        return defects

    def _caller(self, written: tuple[bytes, str]) -> Caller:
        """Return whom a `userIdentity` means in the logs of a region."""
        identity, region = written
        return caller_of(identity_of(identity), region, self._key_hash)

    def _flush(self, batch: Batch, result: BatchResult, flush: int) -> None:
        """Write the rows by day, and count them by region; those of days not wanted go no further."""
        if not self._rows.count:
            return
        self._rows, (rows, untimed) = EventRows(), self._rows.frame(too_late(batch.delivery))
        for index, defect in untimed:
            of, file = batch.files[index]
            result.rejected.append(Rejection(self._job.regions[of], file.path, *defect))
        rows = rows.hstack(self._actors.frame_of(rows["identity"]))
        self._assumptions, issued = [], assumption_rows(self._assumptions)
        counts = rows.group_by("region", "day").agg(files=pl.col("file").n_unique())
        newest = day_number(batch.delivery)
        for region, day, files in counts.rows():
            at = RegionDay(region, day)
            if not newest - self._job.late_days <= day <= newest:
                result.late.add(at)
            if day in batch.keep:
                result.held[at] += files
        days = rows["day"].unique()
        for day in batch.keep.intersection(days):
            of_day = rows if len(days) == 1 else rows.filter(pl.col("day") == day)
            self._stage(day, of_day, issued, f"{batch.number:08}-{flush:04}")
        if max(self._keys.remembered, self._actors.remembered) > self._most:
            self.forget()

    def _stage(self, day: int, rows: pl.DataFrame, issued: pl.DataFrame, name: str) -> None:
        """Write the rows of a day, and what their numbers mean where this scanner has not written it yet."""
        staging, staged = self._job.staging, self._staged[day]
        codes = pl.Series(np.array(self._sessions.codes)).gather(rows["session"])
        coded = rows.with_columns(code=self._keys.codes_of(rows), session_code=codes)
        write_rows(staging, day, name, coded)
        numbers = staged.pairs.new(
            rows.select(pl.col("actor").cast(pl.UInt64) * _PAIR + pl.col("kind")).to_series()
        )
        pairs = pl.select(actor=pl.lit(numbers) // _PAIR, kind=pl.lit(numbers) % _PAIR).cast(pl.UInt32)
        actors, kinds = staged.actors.new(pairs["actor"]), staged.kinds.new(pairs["kind"])
        write_keys(staging, day, name, self._keys.tables_of(actors, kinds, pairs))
        acted = self._sessions.frame(staged.sessions.new(rows["session"]))
        write_staged(staging, day, "sessions", name, acted)
        of_day = issued.filter(pl.col("event_time").dt.date() == day_of(day))
        write_staged(staging, day, "assumed", name, of_day)

    def forget(self) -> None:
        """Start again with nothing remembered."""
        self._keys.forget()
        self._sessions.forget()
        self._actors.forget()
        self._staged.clear()
        self._callers.clear()


def _contents(source: LogSource, batch: Batch) -> Generator[bytes | OSError, None, None]:
    yield from source.read_many([entry.file for entry in batch.files if is_log(entry.file.path)])
