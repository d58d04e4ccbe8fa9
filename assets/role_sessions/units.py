"""The parts of sessions as `session_usage` has them: one a key, and what was done with it on a day."""

from typing import TypeVar

import polars as pl

_Frame = TypeVar("_Frame", pl.DataFrame, pl.LazyFrame)
_WHO = (
    "role_arn",
    "role_id",
    "role_account",
    "session_type",
    "session",
    "session_name",
    "key",
    "session_created",
)


def unit() -> pl.Expr:
    """Return what ties a row of `session_usage` to `role_sessions.units`: session|creation date|key|service."""
    created = pl.col("session_created").dt.strftime("%Y-%m-%dT%H:%M:%SZ").fill_null("")
    service = pl.when(pl.col("session") == "").then("service").otherwise(pl.lit(""))
    return pl.concat_str(["session", created, "key", service], separator="|")


def ties_of(usage: pl.LazyFrame) -> pl.LazyFrame:
    """Return `tie`, `session`, `key` and `created` of each part of a session that is not a service's, once.

    `usage`: `session_usage` of one day; `tie`: as `units_of` has it.
    """
    single = usage.filter((pl.col("session") != "") | (pl.col("service") == ""))
    ties = _begun(single).select("session", "key", tie=unit(), created="session_created")
    return ties.unique("tie")


def _begun(usage: _Frame) -> _Frame:
    # The record of a SwitchRole is the first of the session that it begins, and bears no creation date.
    switch = pl.col("event_name") == "SwitchRole"
    created = pl.when(switch).then(pl.coalesce("session_created", "first_seen")).otherwise("session_created")
    return usage.with_columns(session_created=created)


def units_of(usage: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each account, role and part of a session, from `session_usage` of one day.

    Adds to the columns that say whose it is: `tie` (text, the same for the same part in every account's log),
    `of_service` (the row stands for all sessions of a service), `events`, `ok_events`, `denied_events`,
    `error_events`, `first_seen`, `last_seen`, `calls` and `units` as in `role_sessions`.
    """
    outcome, events = pl.col("outcome"), pl.col("events")
    called = (outcome == "ok") & (pl.col("event_type") == "AwsApiCall")
    counts = {
        f"{name}_events": events.filter(outcome == name).sum().cast(pl.Int64)
        for name in ("ok", "denied", "error")
    }
    return (
        _begun(usage.with_columns(original=unit()))
        .with_columns(
            tie=unit(),
            service=pl.when(pl.col("session") == "").then("service").otherwise(pl.lit("")),
            call=pl.col("event_source") + ":" + pl.col("event_name"),
        )
        .with_columns(of_service=pl.col("service") != "")
        .group_by("account", *_WHO, "service", "of_service", "tie")
        .agg(
            *(pl.col(name).max() for name in ("source_identity", "on_behalf_of", "person")),
            events.sum().cast(pl.Int64),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            pl.col("call").filter(called).unique().sort().alias("calls"),
            pl.col("original").unique().sort().alias("units"),
            **counts,
        )
    )
