"""Events of a day that Athena has counted, into what `merge.merge_day` makes of events one by one."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.day_keys import DayKeys
from assets.cloudtrail_usage.distinct_events import by_code_of, by_session_of, deduplicated
from assets.cloudtrail_usage.keys import KeyTables
from assets.cloudtrail_usage.merge import MergedDay, usage_of
from assets.cloudtrail_usage.merge_assumptions import merge_assumptions
from assets.cloudtrail_usage.merge_sessions import merge_sessions, of_services, write_counted
from assets.cloudtrail_usage.service_sessions import service_sessions
from assets.cloudtrail_usage.session_kinds import SessionKinds
from assets.cloudtrail_usage.staging import day_folder

_SINGLE = ("id", "code", "session_code", "time", "region")


def merge_counted(
    staging: Path,
    day: int,
    tables: KeyTables,
    counted: pl.DataFrame,
    rows: pl.DataFrame,
    copies: Mapping[int, int],
) -> MergedDay:
    """Merge the events of a day, counted from 1970-01-01.

    `tables` are those of `EventKeys.tables`. `counted`: `code`, `session_code`, `region`, `events`, `first_seen`,
    `last_seen` (Int64 microseconds) and `last_event_id` of events that have no copies which differ; `rows`: `id`,
    `code`, `session_code`, `time`, `region` of the others, copy by copy. `copies` is how many copies of events lay
    in each region. The day's sessions and assumptions are staged. Raises RunError when two keys share a code.
    """
    keys = DayKeys.of(tables)
    unique, _ = deduplicated(rows.select(_SINGLE), keys.codes)
    services = service_sessions(staging, day)
    single = by_session_of(of_services(unique, services))
    by_code = pl.concat([counted.select(single.columns), single]).pipe(by_code_of)
    write_counted(staging, day, "counted", of_services(counted, services))
    write_counted(staging, day, "single", single)
    made = day_folder(staging, day) / "made"
    return MergedDay(
        usage_of(by_code, keys),
        _counts(keys, counted, unique, copies),
        merge_assumptions(staging, day, made),
        merge_sessions(staging, day, SessionKinds(keys), services, made),
    )


def _counts(
    keys: DayKeys, counted: pl.DataFrame, unique: pl.DataFrame, copies: Mapping[int, int]
) -> pl.DataFrame:
    one = pl.lit(1, pl.Int64())
    once = pl.concat(
        [counted.select("code", "region", "events"), unique.select("code", "region", events=one)]
    )
    kinds = (
        once.join(keys.codes, on="code")
        .group_by("region")
        .agg(
            permission_events=pl.col("events").filter("permission").sum(),
            other_events=pl.col("events").filter(~pl.col("permission")).sum(),
        )
    )
    schema = {"region": pl.UInt16(), "held": pl.Int64()}
    held = pl.DataFrame(list(copies.items()), schema=schema, orient="row")
    counts = held.join(kinds, on="region", how="left").with_columns(pl.all().fill_null(0))
    duplicates = pl.col("held") - pl.col("permission_events") - pl.col("other_events")
    return counts.with_columns(duplicates=duplicates).drop("held")
