"""Events of a day that Athena has counted, into what `merge.merge_day` makes of events one by one."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.distinct_events import by_code_of, codes_of, deduplicated
from assets.cloudtrail_usage.keys import API_CALL
from assets.cloudtrail_usage.merge import MergedDay, usage_of
from assets.cloudtrail_usage.merge_assumptions import merge_assumptions
from assets.cloudtrail_usage.merge_sessions import merge_sessions, write_counted, write_partial
from assets.cloudtrail_usage.service_sessions import service_sessions
from assets.cloudtrail_usage.session_kinds import SessionKinds
from assets.cloudtrail_usage.staging import day_folder

_SINGLE = ("id", "code", "session_code", "time", "region")


def merge_counted(
    staging: Path,
    day: int,
    keys: pl.DataFrame,
    counted: pl.DataFrame,
    rows: pl.DataFrame,
    copies: Mapping[int, int],
) -> MergedDay:
    """Merge the events of a day, counted from 1970-01-01.

    `keys` are those of `EventKeys.frame`. `counted`: `code`, `session_code`, `region`, `events`, `first_seen`,
    `last_seen` (Int64 microseconds) and `last_event_id` of events that have no copies which differ; `rows`: `id`,
    `code`, `session_code`, `time`, `region` of the others, copy by copy. `copies` is how many copies of events lay
    in each region. The day's sessions and assumptions are staged. Raises RunError when two keys share a code.
    """
    unique, _ = deduplicated(rows.select(_SINGLE), codes_of(keys))
    single = by_code_of(unique)
    by_code = pl.concat([counted.select(single.columns), single])
    services = service_sessions(staging, day)
    write_counted(staging, day, 0, counted, services)
    write_partial(staging, day, 1, unique, services)
    made = day_folder(staging, day) / "made"
    return MergedDay(
        usage_of(by_code, keys),
        _counts(keys, counted, unique, copies),
        merge_assumptions(staging, day, made),
        merge_sessions(staging, day, SessionKinds(keys), services, made),
    )


def _counts(
    keys: pl.DataFrame, counted: pl.DataFrame, unique: pl.DataFrame, copies: Mapping[int, int]
) -> pl.DataFrame:
    one = pl.lit(1, pl.Int64())
    once = pl.concat(
        [counted.select("code", "region", "events"), unique.select("code", "region", events=one)]
    )
    kinds = (
        once.join(keys, on="code")
        .group_by("region")
        .agg(
            permission_events=pl.col("events").filter(pl.col("event_type") == API_CALL).sum(),
            other_events=pl.col("events").filter(pl.col("event_type") != API_CALL).sum(),
        )
    )
    schema = {"region": pl.UInt16(), "held": pl.Int64()}
    held = pl.DataFrame(list(copies.items()), schema=schema, orient="row")
    counts = held.join(kinds, on="region", how="left").with_columns(pl.all().fill_null(0))
    duplicates = pl.col("held") - pl.col("permission_events") - pl.col("other_events")
    return counts.with_columns(duplicates=duplicates).drop("held")
