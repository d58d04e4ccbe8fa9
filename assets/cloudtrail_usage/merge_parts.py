"""The rows of a day in parts, each counted by itself: in this process, or in several."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import polars as pl

from assets.cloudtrail_usage.counted import SUMS
from assets.cloudtrail_usage.distinct_events import by_code_of, deduplicated
from assets.cloudtrail_usage.merge_sessions import write_partial
from assets.cloudtrail_usage.staging import StagedRows, day_folder, staged, write_staged
from assets.cloudtrail_usage.streams import read_stream, read_streams, write_stream

# Files of rows that are cut at a time: one holds some 50,000.
_CUT_AT_A_TIME = 4
_COUNTED = "counted"
_Task = TypeVar("_Task")
_Done = TypeVar("_Done")


class Each(Protocol):
    """Does what `map` does, perhaps in other processes: tasks and results are picklable."""

    def __call__(self, work: Callable[[_Task], _Done], tasks: Iterable[_Task], /) -> Iterable[_Done]:
        """Return what `work` returns of each task, in order."""
        ...


@dataclass(frozen=True)
class DayRows:
    """The `rows` of a day, counted from 1970-01-01, that are to be cut into `parts`."""

    staging: Path
    day: int
    rows: StagedRows
    parts: int

    @property
    def codes(self) -> Path:
        """A file with what `distinct_events.codes_of` says."""
        return day_folder(self.staging, self.day) / "made" / "codes.stream"

    @property
    def services(self) -> Path:
        """A file with what `service_sessions` says."""
        return day_folder(self.staging, self.day) / "made" / "services.stream"


def count_day(day: DayRows, codes: pl.DataFrame, services: pl.DataFrame, each: Each) -> pl.DataFrame:
    """Count the events of a day, each id once, and return how many of each kind there were in each region.

    What was counted by session is staged (`write_partial`), and so is what was counted by code, for `by_code`. The
    counts: `region`, `permission`, `duplicate`, `len`, a row for any number of times.
    """
    write_stream(codes, day.codes)
    write_stream(services, day.services)
    if day.parts <= 1:
        return _count((day, 0))
    starts = range(0, len(day.rows.files), _CUT_AT_A_TIME)
    filled = {part for parts in each(_cut, [(day, start) for start in starts]) for part in parts}
    return pl.concat(each(_count, [(day, part) for part in sorted(filled)]))


def by_code(day: DayRows) -> pl.DataFrame:
    """Return what `count_day` counted by code, a code once: columns of `counted.EVENTS`."""
    whole: list[pl.DataFrame] = []
    for file in staged(day.staging, day.day, _COUNTED):
        # Part by part: one has most codes again, so that all of them would grow with the day.
        whole = [pl.concat([*whole, read_stream(file)]).group_by("code").agg(**SUMS)]
    return whole[0]


def _cut(task: tuple[DayRows, int]) -> list[int]:
    """Write the rows of some files again by part: copies of an event are in one. Return the parts."""
    day, start = task
    # Filtered rows keep the text of all rows of their file in memory, so the parts are read from files of their own.
    read = day.rows.read(day.rows.files[start : start + _CUT_AT_A_TIME])
    cut = read.with_columns(part=pl.col("id").hash() % day.parts)
    parts = []
    for (part,), mine in cut.partition_by("part", as_dict=True, include_key=False).items():
        write_staged(day.staging, day.day, _part(part), f"{start:06}", mine)
        parts.append(part)
    return parts


def _count(task: tuple[DayRows, int]) -> pl.DataFrame:
    day, part = task
    if day.parts <= 1:
        rows = day.rows.read(day.rows.files)
    else:
        rows = read_streams(staged(day.staging, day.day, _part(part)))
    unique, counts = deduplicated(rows, read_stream(day.codes))
    write_staged(day.staging, day.day, _COUNTED, f"{part:06}", by_code_of(unique))
    write_partial(day.staging, day.day, part, unique, read_stream(day.services))
    return counts


def _part(part: int) -> str:
    return f"part{part:06}"
