"""Which users and roles were active in a window."""

import polars as pl

from assets.principal_diffs.activity import events_of
from assets.principal_diffs.coverage import Window, covered_days, since
from assets.principal_diffs.diff import Used
from assets.principal_diffs.facts import of_another_account


def actors(
    account: str, principals: pl.DataFrame, used: Used, window: Window, *, min_covered_days: int = 1
) -> pl.DataFrame:
    """Say for every principal whether the logs of the account show it.

    In: `principals` of the window's last day. Out, sorted by `principal_name`: `principal_name`,
    `principal_type`, `principal_arn`, `principal_id`, `status`, `reason`, `created_at`, `first_seen`,
    `last_seen`, `events`, `window_days`, `covered_days`. Any event makes a principal active, a sign-in or a
    refused call too: somebody holds its credentials. `unused` needs logs that would have shown it.
    """
    events = events_of(principals, used.usage.filter(pl.col("day").is_between(window.start, window.end)))
    seen = events.group_by("principal_arn").agg(
        pl.col("first_seen").min(), pl.col("last_seen").max(), pl.col("events").sum()
    )
    covered = covered_days(used.coverage, window)
    rows = principals.join(seen, on="principal_arn", how="left").with_columns(
        pl.col("events").fill_null(0),
        start=pl.max_horizontal(pl.lit(window.start, pl.Date), pl.col("created_at").dt.date()),
        window_days=pl.lit(window.length, pl.Int64),
    )
    rows = rows.with_columns(since(rows["start"], covered))
    last_used = pl.col("role_last_used").dt.date().is_between(window.start, window.end).fill_null(False)
    new = pl.lit("too_new" if len(covered) >= min_covered_days else "low_coverage")
    reason = (
        pl.when(pl.col("events") > 0)
        .then(pl.lit("called"))
        .when(of_another_account(account))
        .then(pl.lit("other_account"))
        .when(last_used)
        .then(pl.lit("role_last_used"))
        .when(pl.col("covered_days") < min_covered_days)
        .then(new)
        .otherwise(pl.lit("never_called"))
    )
    status = pl.col("reason").replace_strict({"called": "used", "never_called": "unused"}, default="unknown")
    return (
        rows.with_columns(reason=reason)
        .with_columns(status=status)
        .select(
            "principal_name",
            "principal_type",
            "principal_arn",
            "principal_id",
            "status",
            "reason",
            "created_at",
            "first_seen",
            "last_seen",
            "events",
            "window_days",
            "covered_days",
        )
        .sort("principal_name", "principal_arn")
    )
