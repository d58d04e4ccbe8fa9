"""The staged events of a day into its usage: every event once, then counted."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.counted import SUMS
from assets.cloudtrail_usage.day_keys import DayKeys, day_keys
from assets.cloudtrail_usage.event_ids import with_texts
from assets.cloudtrail_usage.freed_memory import give_back
from assets.cloudtrail_usage.merge_assumptions import merge_assumptions
from assets.cloudtrail_usage.merge_parts import DayRows, Each, by_code, count_day
from assets.cloudtrail_usage.merge_sessions import merge_sessions
from assets.cloudtrail_usage.schema import CLOUDTRAIL_USAGE, ROLE_ASSUMPTIONS, SESSION_USAGE, as_columns
from assets.cloudtrail_usage.service_sessions import service_sessions
from assets.cloudtrail_usage.session_kinds import SessionKinds
from assets.cloudtrail_usage.spilled import Spilled
from assets.cloudtrail_usage.staging import StagedRows, day_folder

# So many events are deduplicated at a time: it bounds the memory (to about 80 MB), not the day.
ROWS_AT_A_TIME = 120_000


@dataclass(frozen=True)
class MergedDay:
    """A day's `usage` (the columns of the table), `counts` by region, and large tables: see `merge_day`."""

    usage: pl.DataFrame
    counts: pl.DataFrame
    assumptions: Spilled
    sessions: Spilled


def merge_day(staging: Path, day: int, each: Each = map, rows_at_a_time: int = ROWS_AT_A_TIME) -> MergedDay:
    """Merge the staged events of a day, counted from 1970-01-01; `each` does parts of the work, here or elsewhere.

    An id is counted once; of copies that differ the smallest is taken, by the columns of the key, time and
    region. `usage` is sorted by its key. `counts` has a row per region that held events: `region` (UInt16, as
    staged), `permission_events`, `other_events`, `duplicates` (Int64), the copies counted where they lay.
    `assumptions` and `sessions` lie in the day's folder, until `staging.remove_day`.
    Raises RunError when two keys share a code.
    """
    staged_rows = StagedRows.of_day(staging, day)
    if not staged_rows.files:
        usage = pl.DataFrame(schema=CLOUDTRAIL_USAGE)
        return MergedDay(usage, _no_counts(), Spilled(ROLE_ASSUMPTIONS), Spilled(SESSION_USAGE))
    made = day_folder(staging, day) / "made"
    keys, services = day_keys(staging, day), service_sessions(staging, day)
    rows = DayRows(staging, day, staged_rows, rows_at_a_time)
    counts = count_day(rows, keys.codes.select("code", "rank", "permission"), services, each)
    assumptions = merge_assumptions(staging, day, made)
    # Before the sessions, of which the memory is full.
    used = by_code(rows)
    give_back()
    sessions = merge_sessions(staging, day, SessionKinds(keys), services, made)
    give_back()
    return MergedDay(usage_of(used, keys), _counts(counts), assumptions, sessions)


def usage_of(by_code: pl.DataFrame, keys: DayKeys) -> pl.DataFrame:
    """Return the usage that such counts are, a code any number of times; `keys` say what the codes mean."""
    said = by_code.join(keys.codes, on="code")
    counted = said.group_by("row").agg(**SUMS, key=pl.col("rank").first()).sort("row")
    texts = keys.codes.select("principal", "event", "via_service")[counted["key"]]
    named = pl.concat(
        [
            counted,
            keys.principals[texts["principal"]],
            keys.events[texts["event"]],
            texts.select("via_service"),
        ],
        how="horizontal",
    )
    for column, of in (("services", "service"), ("error_codes", "error_code")):
        # Most rows have none.
        some = said.filter(pl.col(of) != "").group_by("row").agg(pl.col(of).unique().sort().alias(column))
        named = named.join(some, on="row", how="left", maintain_order="left")
    named = named.with_columns(pl.col("services", "error_codes").fill_null([]))
    return as_columns(with_texts(named, "last_event_id"), CLOUDTRAIL_USAGE)


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
