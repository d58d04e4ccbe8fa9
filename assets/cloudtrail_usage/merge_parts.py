"""The rows of a day, some of them at a time: in this process, or in several."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import polars as pl

from assets.cloudtrail_usage.counted import SUMS
from assets.cloudtrail_usage.distinct_events import (
    are_among,
    by_code_of,
    by_region,
    by_session_of,
    deduplicated,
    hash_of,
    repeated_hashes,
)
from assets.cloudtrail_usage.merge_sessions import of_services, write_counted
from assets.cloudtrail_usage.staged_files import groups, rows_in
from assets.cloudtrail_usage.staging import StagedRows, day_folder, staged, write_staged
from assets.cloudtrail_usage.streams import read_stream, read_streams, write_stream

# Counts that are brought together at a time: they take 50 bytes each.
_COUNTS_AT_A_TIME = 150_000
_COUNTED, _COPIES = "counted", "copies"
_Task = TypeVar("_Task")
_Done = TypeVar("_Done")


class Each(Protocol):
    """Does what `map` does, perhaps in other processes: tasks and results are picklable."""

    def __call__(self, work: Callable[[_Task], _Done], tasks: Iterable[_Task], /) -> Iterable[_Done]:
        """Return what `work` returns of each task, in order."""
        ...


@dataclass(frozen=True)
class DayRows:
    """The `rows` of a day, counted from 1970-01-01, of which about `at_a_time` are in memory together."""

    staging: Path
    day: int
    rows: StagedRows
    at_a_time: int

    def made(self, name: str) -> Path:
        """Return the file of something that all parts need."""
        return day_folder(self.staging, self.day) / "made" / f"{name}.stream"


def count_day(day: DayRows, codes: pl.DataFrame, services: pl.DataFrame, each: Each) -> pl.DataFrame:
    """Count the events of a day, each id once, and return how many of each kind there were in each region.

    What was counted by session is staged (`write_counted`), and so is what was counted by code, for `by_code`. The
    counts: `region`, `permission`, `duplicate`, `len`, a row for any number of times.
    """
    write_stream(codes, day.made("codes"))
    write_stream(services, day.made("services"))
    if rows_in(day.rows.files) <= day.at_a_time:
        return _deduplicate(day, 0, day.rows.read(day.rows.files))
    write_stream(repeated_hashes(day.rows).to_frame("hash"), day.made("repeated"))
    singles = [(day, number, files) for number, files in enumerate(groups(day.rows.files, day.at_a_time))]
    counts = list(each(_count_single, singles))
    copies = staged(day.staging, day.day, _COPIES)
    parts = -(-rows_in(copies) // day.at_a_time)
    cuts = [(day, parts, number, files) for number, files in enumerate(groups(copies, day.at_a_time))]
    filled = {part for some in each(_cut, cuts) for part in some}
    return pl.concat([*counts, *each(_count_copies, [(day, part) for part in sorted(filled)])])


def by_code(day: DayRows) -> pl.DataFrame:
    """Return what `count_day` counted by code, a code once: columns of `counted.EVENTS`."""
    whole: list[pl.DataFrame] = []
    for files in groups(staged(day.staging, day.day, _COUNTED), _COUNTS_AT_A_TIME):
        # Some at a time: each has most codes again, so that all of them would grow with the day.
        whole = [pl.concat([*whole, read_streams(files)]).group_by("code").agg(**SUMS)]
    return whole[0]


def _count_single(task: tuple[DayRows, int, list[Path]]) -> pl.DataFrame:
    """Count the events in some files that have no copies, and stage the others."""
    day, number, files = task
    rows = day.rows.read(files)
    copied = are_among(hash_of(rows["id"]), read_stream(day.made("repeated"))["hash"])
    write_staged(day.staging, day.day, _COPIES, f"{number:06}", rows.filter(copied))
    unique = rows.filter(~copied)
    _stage(day, f"single{number:06}", unique)
    return by_region(unique, read_stream(day.made("codes")), duplicate=False)


def _cut(task: tuple[DayRows, int, int, list[Path]]) -> list[int]:
    """Write the rows of some files of copies again by part: those of an event are in one. Return the parts."""
    day, parts, number, files = task
    rows = read_streams(files)
    cut = rows.with_columns(part=hash_of(rows["id"]) % parts)
    filled = []
    for (part,), mine in cut.partition_by("part", as_dict=True, include_key=False).items():
        write_staged(day.staging, day.day, _part(part), f"{number:06}", mine)
        filled.append(part)
    return filled


def _count_copies(task: tuple[DayRows, int]) -> pl.DataFrame:
    day, part = task
    return _deduplicate(day, part, read_streams(staged(day.staging, day.day, _part(part))))


def _deduplicate(day: DayRows, part: int, rows: pl.DataFrame) -> pl.DataFrame:
    unique, counts = deduplicated(rows, read_stream(day.made("codes")))
    _stage(day, f"part{part:06}", unique)
    return counts


def _stage(day: DayRows, name: str, unique: pl.DataFrame) -> None:
    by_session = by_session_of(of_services(unique, read_stream(day.made("services"))))
    write_staged(day.staging, day.day, _COUNTED, name, by_code_of(by_session))
    write_counted(day.staging, day.day, name, by_session)


def _part(part: int) -> str:
    return f"part{part:06}"
