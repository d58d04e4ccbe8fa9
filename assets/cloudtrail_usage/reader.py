"""Days of CloudTrail logs into tables: what was done, how well the logs cover it, what could not be read."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.batches import STEPS, Batch, Plan, all_refused, batches
from assets.cloudtrail_usage.deliveries import Clock, Delivery, coverage_frame, rejected_frame
from assets.cloudtrail_usage.event_time import day_number
from assets.cloudtrail_usage.freed_memory import give_back
from assets.cloudtrail_usage.merge import merge_day
from assets.cloudtrail_usage.rejections import Reason
from assets.cloudtrail_usage.scan import BatchResult, Job
from assets.cloudtrail_usage.sources.source import LogSource
from assets.cloudtrail_usage.spilled import Spilled
from assets.cloudtrail_usage.staging import locked, remove_day, staging_folder
from assets.cloudtrail_usage.workers import ThisProcess, Workers, processes

# Below so many bytes as stored, starting processes takes longer than reading.
SMALL_BYTES = 16 << 20


@dataclass(frozen=True)
class DayTables:
    """The tables of a day: columns as in `schema`, sorted by key; text in `sessions` may be codes (`coded_text`).

    The files of `assumptions` and `sessions` are gone when the next day is asked for: move them before.
    """

    day: date
    usage: pl.DataFrame
    assumptions: Spilled
    sessions: Spilled
    coverage: pl.DataFrame
    rejected: pl.DataFrame


def read_days(
    source: LogSource,
    account: str,
    days: Sequence[date],
    *,
    late_days: int,
    late_from: Mapping[date, Sequence[date]],
    now: datetime,
    late_hours: int,
    staging: Path,
    workers: int,
    secret: bytes,
    progress: Callable[[int, int], None] | None = None,
    small_bytes: int = SMALL_BYTES,
    turn: Path | None = None,
) -> Iterator[DayTables]:
    """Read the logs of an account, and yield each of the days, in order, as soon as its deliveries were read.

    A day is the UTC day of `eventTime`. It is made of the files delivered on it and on the `late_days` days
    after it, and of those in `late_from[day]`. Every delivery day is read once, and a day is the same in
    whatever range it is read. An event that was delivered outside of its day and `late_days` after is counted
    only where `late_from` says so; the coverage of the delivery day lists its day in `late_for`, for the caller
    to read that one again.

    `now` (with a zone) and `late_hours` tell which days are provisional. `workers` processes read, or this
    one where there is less than `small_bytes` (as stored) to read. They are started when nobody else has the file
    `turn` locked, where one is given. `staging` is a folder for what is under way, emptied before this ends. Access
    key ids are hashed with `secret`. `progress(done, total)` is called with steps, 1000 a delivery day.

    Raises InputError when the source is not there or refuses all, StorageError when `staging` cannot be written,
    RunError when a worker dies. Nothing that is wrong in a log raises: it is a row of `rejected`.
    """
    plan = Plan(sorted(set(days)), late_days, late_from)
    if not plan.days:
        return
    regions = tuple(source.regions(account))
    clock = Clock(now, late_hours)
    waiting = deque(plan.days)
    read: dict[date, Delivery] = {}
    with staging_folder(staging) as folder:
        job = Job(source, account, regions, folder, late_days, secret)
        todo = batches(plan, source, account, regions)
        with _working(job, todo, workers, small_bytes, turn) as (work, listed):
            total = STEPS * len(plan.deliveries())
            for done in _whole_deliveries(job, work.scan(listed), read, progress or _silent, total):
                while waiting and plan.needed(waiting[0]) <= done:
                    day = waiting.popleft()
                    yield _tables(day, job, plan, read, clock, work)
                    remove_day(folder, day_number(day))
                    for delivery in plan.needed(day) - plan.needed_after(day):
                        del read[delivery]


@contextmanager
def _working(
    job: Job, todo: Iterator[Batch], workers: int, small_bytes: int, turn: Path | None
) -> Iterator[tuple[Workers, Iterable[Batch]]]:
    """Give what works, processes where that pays, and the batches."""
    listed: list[Batch] = []
    size = 0
    for batch in todo if workers > 1 else ():
        listed.append(batch)
        size += sum(entry.file.size for entry in batch.files)
        if size >= small_bytes:
            # Until whoever else reads in processes is done.
            with locked(turn) if turn else nullcontext(), processes(job, workers) as working:
                yield working, chain(listed, todo)
            return
    yield ThisProcess(job), chain(listed, todo)


def _whole_deliveries(
    job: Job,
    results: Iterable[BatchResult],
    read: dict[date, Delivery],
    progress: Callable[[int, int], None],
    total: int,
) -> Iterator[set[date]]:
    """Add the results to what was `read`, and yield the delivery days that are done whenever one more is.

    Raises InputError where the first delivery day that has files gives none of them: whole days of refusals
    must not take the place of tables that are there.
    """
    done: set[date] = set()
    given = False
    for result in results:
        read.setdefault(result.delivery, Delivery()).add(result)
        progress(STEPS * len(done) + result.steps, total)
        if result.last:
            done.add(result.delivery)
            delivery = read[result.delivery]
            refused = [entry for entry in delivery.rejected if entry.reason == Reason.ACCESS_DENIED]
            files = [entry for entry in refused if not entry.file.endswith("/")]
            given = given or delivery.files.total() > len(files)
            if delivery.files.total() and not given:
                raise all_refused(job.source, refused[0])
            yield done


def _tables(
    day: date, job: Job, plan: Plan, read: dict[date, Delivery], clock: Clock, work: Workers
) -> DayTables:
    merged = merge_day(job.staging, day_number(day), work.each)
    give_back()
    coverage = coverage_frame(day, plan, read, job.regions, merged.counts, clock)
    rejected = rejected_frame(read[day].rejected)
    return DayTables(day, merged.usage, merged.assumptions, merged.sessions, coverage, rejected)


def _silent(_done: int, _total: int) -> None:
    """Stand in for a progress that nobody asked for."""
