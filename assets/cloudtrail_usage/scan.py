"""Read a batch of log files: their events to staged rows, everything else to counts and rejections."""

import gc
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from assets.cloudtrail_usage.access_keys import KeyHash
from assets.cloudtrail_usage.assumption import Row, assumption_of, issues_session
from assets.cloudtrail_usage.batches import Batch, is_log
from assets.cloudtrail_usage.event_time import EventTimes, day_number, day_of
from assets.cloudtrail_usage.keys import EventKeys
from assets.cloudtrail_usage.record_id import id_of_unnamed
from assets.cloudtrail_usage.records import LogContent, Record, read_records
from assets.cloudtrail_usage.rejections import WHOLE_FILE, Defect, Reason, Rejection, unread
from assets.cloudtrail_usage.schema import assumption_rows
from assets.cloudtrail_usage.session_keys import SessionKeys
from assets.cloudtrail_usage.sources.source import LogSource
from assets.cloudtrail_usage.staging import EventRows, write_keys, write_rows, write_staged

FLUSH_ROWS = 50_000
# Their rows are wide.
FLUSH_ASSUMPTIONS = 10_000


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
    """What a batch held: staged `rows` and files that `held` them by event day, days it is `late` for."""

    delivery: date
    steps: int
    last: bool
    files: Counter[int] = field(default_factory=Counter)
    bytes: Counter[int] = field(default_factory=Counter)
    rows: Counter[RegionDay] = field(default_factory=Counter)
    held: Counter[RegionDay] = field(default_factory=Counter)
    late: set[RegionDay] = field(default_factory=set)
    rejected: list[Rejection] = field(default_factory=list)


def scan_batch(job: Job, batch: Batch, stopped: Callable[[], bool] = lambda: False) -> BatchResult:
    """Read the files of a batch and stage the events of its `keep` days; ends early when `stopped()`."""
    result = BatchResult(batch.delivery, batch.steps, batch.last)
    result.rejected.extend(batch.unlisted)
    scan = _Scan(job, batch, result)
    with closing(_contents(job.source, batch)) as contents:
        for index, (region, file) in enumerate(batch.files):
            if stopped():
                break
            result.files[region] += 1
            result.bytes[region] += file.size
            data = next(contents) if is_log(file.path) else None
            with _no_collection():
                scan.read(index, region, file.path, data)
    scan.finish()
    return result


def _contents(source: LogSource, batch: Batch) -> Generator[bytes | OSError, None, None]:
    yield from source.read_many([entry.file for entry in batch.files if is_log(entry.file.path)])


class _Scan:
    def __init__(self, job: Job, batch: Batch, result: BatchResult) -> None:
        self.job, self.batch, self.result = job, batch, result
        self.rows = EventRows()
        self.keys = EventKeys()
        self.key_hash = KeyHash(job.secret)
        self.sessions = SessionKeys(self.key_hash)
        self.assumptions: list[Row] = []
        self.times = EventTimes()
        self.flushes = 0
        self.staged: set[int] = set()

    def read(self, index: int, region: int, path: str, data: bytes | OSError | None) -> None:
        name = self.job.regions[region]
        content = _content(data)
        defects = [*content.defects, *self._take(content, name)]
        self.result.rejected.extend(Rejection(name, path, *defect) for defect in sorted(defects))
        self.rows.end_file(index, region)
        if len(self.rows.ids) >= FLUSH_ROWS or len(self.assumptions) >= FLUSH_ASSUMPTIONS:
            self._flush()

    def finish(self) -> None:
        self._flush()
        keys = self.keys.frame()
        for day in sorted(self.staged):
            write_keys(self.job.staging, day, f"{self.batch.number:08}", keys)

    def _take(self, content: LogContent, region: str) -> Iterator[Defect]:
        """Add the records that are events to the rows, and yield what is wrong with the others."""
        account, micros_of = self.job.account, self.times.micros_of
        add_id, add_code, add_time = self.rows.ids.append, self.rows.codes.append, self.rows.times.append
        add_session, code_of, session_of = (
            self.rows.sessions.append,
            self.keys.code_of,
            self.sessions.code_of,
        )
        for position, record in zip(content.positions, content.records, strict=True):
            time = micros_of(record.event_time)
            if time is None:
                yield Defect(position, Reason.BAD_EVENT_TIME, f"eventTime is {record.event_time[:60]!r}")
                continue
            recipient = record.recipient_account_id
            if recipient != account and recipient is not None:
                yield Defect(position, Reason.FOREIGN_RECIPIENT, f"recipientAccountId is {recipient[:60]!r}")
                continue
            if not record.event_source or not record.event_name:
                yield _nameless(position, record)
                continue
            event_id = record.event_id or id_of_unnamed(content, position)
            add_id(event_id)
            add_code(code_of(record, region))
            add_session(session_of(record.user_identity))
            add_time(time)
            if issues_session(record):
                self.assumptions.append(assumption_of(record, event_id, time, region, self.key_hash))

    def _flush(self) -> None:
        """Write the rows by day, and count them by region; those of days not wanted go no further."""
        if not self.rows.ids:
            return
        self.rows, rows = EventRows(), self.rows.frame()
        sessions, assumptions = self.sessions.take(), self._taken_assumptions()
        counts = rows.group_by("region", "day").agg(pl.len(), files=pl.col("file").n_unique())
        newest = day_number(self.batch.delivery)
        for region, day, events, files in counts.rows():
            at = RegionDay(region, day)
            if not newest - self.job.late_days <= day <= newest:
                self.result.late.add(at)
            if day in self.batch.keep:
                self.result.rows[at] += events
                self.result.held[at] += files
        for (day,), of_day in rows.partition_by("day", as_dict=True).items():
            if day in self.batch.keep:
                name = f"{self.batch.number:08}-{self.flushes:04}"
                write_rows(self.job.staging, day, name, of_day)
                acted = sessions.join(of_day, on="session_code", how="semi")
                write_staged(self.job.staging, day, "sessions", name, acted)
                issued = assumptions.filter(pl.col("event_time").dt.date() == day_of(day))
                write_staged(self.job.staging, day, "assumed", name, issued)
                self.staged.add(day)
        self.flushes += 1

    def _taken_assumptions(self) -> pl.DataFrame:
        self.assumptions, rows = [], self.assumptions
        return assumption_rows(rows)


def _content(data: bytes | OSError | None) -> LogContent:
    if data is None:
        return LogContent(defects=(Defect(WHOLE_FILE, Reason.UNEXPECTED_FILE, "neither .json nor .json.gz"),))
    if isinstance(data, OSError):
        return LogContent(defects=(unread(data, Reason.UNREADABLE_FILE),))
    return read_records(data)


def _nameless(position: int, record: Record) -> Defect:
    if not record.event_source:
        return Defect(position, Reason.MISSING_EVENT_SOURCE, "eventSource is empty")
    return Defect(position, Reason.MISSING_EVENT_NAME, "eventName is empty")


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from looking through the records again and again: they hold no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
