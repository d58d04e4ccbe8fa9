"""The staged assumptions of a day into `role_assumptions`: every event once."""

from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.schema import ROLE_ASSUMPTIONS
from assets.cloudtrail_usage.spilled import Spilled, ranges, write_spilled
from assets.cloudtrail_usage.staging import staged

# Their rows are wide: so many take about 30 MB.
ASSUMPTIONS_AT_A_TIME = 25_000


def merge_assumptions(
    staging: Path, day: int, made: Path, rows_at_a_time: int = ASSUMPTIONS_AT_A_TIME
) -> Spilled:
    """Merge the staged rows of a day, counted from 1970-01-01, into files below `made`.

    An id is there once; of copies that differ the smallest is taken, by the columns in order.
    """
    files = []
    for n, rows in enumerate(ranges(staged(staging, day, "assumed"), "event_id", rows_at_a_time)):
        files.append(made / f"assumptions-{n:04}.arrow")
        write_spilled(_distinct(rows), files[-1])
    return Spilled(ROLE_ASSUMPTIONS, tuple(files))


def _distinct(rows: pl.DataFrame) -> pl.DataFrame:
    copied = rows["event_id"].is_duplicated()
    if not copied.any():
        return rows.sort("event_id")
    copies = rows.filter(copied).sort(rows.columns, nulls_last=True)
    first = copies.filter(copies["event_id"].is_first_distinct())
    return pl.concat([rows.filter(~copied), first]).sort("event_id")
