"""The staged events of a day into its usage: every event once, then counted."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.counted import SUMS
from assets.cloudtrail_usage.distinct_events import codes_of, distinct_keys
from assets.cloudtrail_usage.event_ids import with_texts
from assets.cloudtrail_usage.keys import KEY_SCHEMA
from assets.cloudtrail_usage.merge_assumptions import merge_assumptions
from assets.cloudtrail_usage.merge_parts import DayRows, Each, by_code, count_day
from assets.cloudtrail_usage.merge_sessions import merge_sessions
from assets.cloudtrail_usage.schema import (
    CLOUDTRAIL_USAGE,
    CLOUDTRAIL_USAGE_KEY,
    ROLE_ASSUMPTIONS,
    SESSION_USAGE,
    as_columns,
)
from assets.cloudtrail_usage.service_sessions import service_sessions
from assets.cloudtrail_usage.session_kinds import SessionKinds
from assets.cloudtrail_usage.spilled import Spilled
from assets.cloudtrail_usage.staging import StagedRows, day_folder, staged
from assets.cloudtrail_usage.streams import read_stream, write_stream

# So many events are deduplicated at a time: it bounds the memory (to about 100 MB), not the day.
ROWS_AT_A_TIME = 150_000


@dataclass(frozen=True)
class MergedDay:
    """A day's `usage` (the columns of the table), `counts` by region, and large tables: see `merge_day`."""

    usage: pl.DataFrame
    counts: pl.DataFrame
    assumptions: Spilled
    sessions: Spilled


def merge_day(
    staging: Path, day: int, events: int, each: Each = map, rows_at_a_time: int = ROWS_AT_A_TIME
) -> MergedDay:
    """Merge the staged `events` of a day, counted from 1970-01-01; `each` does parts of the work, here or elsewhere.

    An id is counted once; of copies that differ the smallest is taken, by the columns of the key, time and
    region. `usage` is sorted by its key. `counts` has a row per region that held events: `region` (UInt16, as
    staged), `permission_events`, `other_events`, `duplicates` (Int64), the copies counted where they lay.
    `assumptions` and `sessions` lie in the day's folder, until `staging.remove_day`.
    Raises RunError when two keys share a code.
    """
    staged_rows, keys_files = StagedRows.of_day(staging, day), staged(staging, day, "keys")
    if not staged_rows.files:
        usage = pl.DataFrame(schema=CLOUDTRAIL_USAGE)
        return MergedDay(usage, _no_counts(), Spilled(ROLE_ASSUMPTIONS), Spilled(SESSION_USAGE))
    made = day_folder(staging, day) / "made"
    # The text of keys waits on the disk until events are counted.
    codes = _coded(distinct_keys(keys_files), made / "keys.stream")
    services = service_sessions(staging, day)
    rows = DayRows(staging, day, staged_rows, -(-events // rows_at_a_time))
    counts = count_day(rows, codes, services, each)
    assumptions = merge_assumptions(staging, day, made)
    kinds = SessionKinds(read_stream(made / "keys.stream"))
    sessions = merge_sessions(staging, day, kinds, services, made)
    usage = usage_of(by_code(rows), read_stream(made / "keys.stream"))
    return MergedDay(usage, _counts(counts), assumptions, sessions)


def _coded(keys: pl.DataFrame, file: Path) -> pl.DataFrame:
    write_stream(keys, file)
    return codes_of(keys)


def usage_of(by_code: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Return the usage that such counts are, a code any number of times; `keys` say what the codes mean."""
    ordered = keys.sort(*KEY_SCHEMA)
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in CLOUDTRAIL_USAGE_KEY)
    # Rows of a number each: text is copied once, for the rows of the table.
    ordered = ordered.with_columns(row=begins.cum_sum())
    counted = (
        by_code.join(
            ordered.select("code", "row", pl.col("service", "error_code").cast(pl.String)), on="code"
        )
        .group_by("row")
        .agg(**SUMS, services=_distinct("service"), error_codes=_distinct("error_code"))
        .sort("row")
    )
    texts = ordered.select("row", *CLOUDTRAIL_USAGE_KEY).unique("row", keep="first")
    named = counted.join(texts, on="row", maintain_order="left")
    return as_columns(with_texts(named, "last_event_id"), CLOUDTRAIL_USAGE)


def _distinct(column: str) -> pl.Expr:
    return pl.col(column).filter(pl.col(column) != "").unique().sort()


def _counts(counts: pl.DataFrame) -> pl.DataFrame:
    events = pl.col("len")
    return counts.group_by("region").agg(
        permission_events=events.filter("permission", ~pl.col("duplicate")).sum(),
        other_events=events.filter(~pl.col("permission"), ~pl.col("duplicate")).sum(),
        duplicates=events.filter("duplicate").sum(),
    )


def _no_counts() -> pl.DataFrame:
    counted = dict.fromkeys(("permission_events", "other_events", "duplicates"), pl.Int64())
    return pl.DataFrame(schema={"region": pl.UInt16(), **counted})
