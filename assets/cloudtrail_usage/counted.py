"""How events are counted: number, first and last time, and the id of the last, the smallest of several at a time."""

import polars as pl


def _id_of_last(event_id: str, time: str) -> pl.Expr:
    # With most groups of one event, a filter for the last time takes ten times as long.
    return pl.col(event_id).sort_by(time, event_id, descending=[True, False]).first()


EVENTS: dict[str, pl.Expr] = {
    "events": pl.len().cast(pl.Int64),
    "first_seen": pl.col("time").min(),
    "last_seen": pl.col("time").max(),
    "last_event_id": _id_of_last("id", "time"),
}
"""The counts of events (`id`, `time`)."""
SUMS: dict[str, pl.Expr] = {
    "events": pl.col("events").sum(),
    "first_seen": pl.col("first_seen").min(),
    "last_seen": pl.col("last_seen").max(),
    "last_event_id": _id_of_last("last_event_id", "last_seen"),
}
"""The counts of what such counts count together."""
