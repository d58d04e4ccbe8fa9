"""What the principals of a snapshot did in a window, event by event and action by action."""

import polars as pl

from assets.aws_actions.mapping import EventMapping


def events_of(principals: pl.DataFrame, usage: pl.LazyFrame) -> pl.DataFrame:
    """Find the usage of each principal.

    `principals`: `principal_arn`, `principal_id`; `usage`: `cloudtrail_usage` rows of the window.
    Out: `principal_arn`, `event_source`, `event_name`, `event_type`, `outcome`, `via_service`, `events`,
    `first_seen`, `last_seen`, `last_event_id`, summed over days. Joined on `principal_id` where both sides have
    one: a name that was deleted and created again is two principals.
    """
    columns = ["principal_arn", "event_source", "event_name", "event_type", "outcome", "via_service"]
    return (
        usage_of(principals, usage)
        .group_by(columns)
        .agg(
            pl.col("events").sum(),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            pl.col("last_event_id").sort_by("last_seen", "last_event_id").last(),
        )
        .collect()
    )


def usage_of(principals: pl.DataFrame, usage: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows of `usage` that are those principals', `principal_arn` being that of `principals`.

    Where either has no id, by ARN, with the principal's path or without it.
    """
    local = usage.filter(pl.col("principal_type").is_in(["user", "role"]))
    known = principals.lazy().select("principal_arn", "principal_id")
    by_id = (
        local.filter(pl.col("principal_id") != "")
        .drop("principal_arn")
        .join(known.filter(pl.col("principal_id") != ""), on="principal_id")
    )
    by_arn = (
        local.rename({"principal_arn": "logged_arn"})
        .join(_arns_in_logs(known), on="logged_arn")
        .filter((pl.col("principal_id") == "") | (pl.col("known_id") == ""))
    )
    columns = usage.collect_schema().names()
    return pl.concat([by_id.select(columns), by_arn.select(columns)])


def _arns_in_logs(known: pl.LazyFrame) -> pl.LazyFrame:
    """Return under which ARNs (`logged_arn`) the logs may know a principal: its own, and the same without its path.

    A session's ARN and a user's name have no path, and a record may hold nothing else. In an account no two users,
    and no two roles, bear one name, whatever their paths (IAM User Guide, "IAM identifiers").
    """
    arns = known.select("principal_arn", known_id="principal_id", logged_arn="principal_arn")
    without_path = pl.col("logged_arn").str.replace(r"^(arn:[^:]*:iam::[^:]*:(?:user|role)/).*/", "${1}")
    return pl.concat([arns, arns.with_columns(without_path)]).unique()


def actions_of(events: pl.DataFrame, mapping: EventMapping) -> pl.DataFrame:
    """Say which actions those events used, tried or may have needed.

    Only `AwsApiCall` uses permissions (CloudTrail field `eventType`). Out: `principal_arn`, `action`,
    `events`, `denied_events`, `error_events`, `first_used`, `last_used`, `last_event_id` (the largest of several at
    the same time), `own_events` (successful and not made by a service on the principal's behalf), `maybe_events`
    (not refused, where the action is conditional or one of several).
    """
    calls = events.filter(pl.col("event_type") == "AwsApiCall")
    needs = mapping.map_pairs(calls.select("event_source", "event_name").unique()).filter(
        pl.col("action").is_not_null()
    )
    primary, outcome = pl.col("need") == "primary", pl.col("outcome")
    used = primary & (outcome == "ok")
    counted = {
        "events": used,
        "denied_events": primary & (outcome == "denied"),
        "error_events": primary & (outcome == "error"),
        "own_events": used & ~pl.col("via_service"),
        "maybe_events": ~primary & (outcome != "denied"),
    }
    return (
        calls.join(needs, on=["event_source", "event_name"])
        # What is not counted is made 0 or null before: in groups, filters take several times as long.
        .select(
            "principal_arn",
            "action",
            *(pl.when(which).then("events").otherwise(0).alias(name) for name, which in counted.items()),
            first_used=pl.when(used).then("first_seen"),
            last_used=pl.when(used).then("last_seen"),
            last_event_id=pl.when(used).then("last_event_id"),
        )
        .group_by("principal_arn", "action")
        .agg(
            pl.col(*counted).sum(),
            pl.col("first_used").min(),
            pl.col("last_used").max(),
            pl.col("last_event_id").max_by(pl.struct("last_used", "last_event_id")),
        )
    )
