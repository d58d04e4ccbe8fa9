"""The columns of `unmapped_events`."""

import polars as pl

UNMAPPED_EVENTS: dict[str, pl.DataType] = {
    "event_source": pl.String(),
    "event_name": pl.String(),
    "events": pl.Int64(),
}
KEY = ("event_source", "event_name")
DESCRIPTIONS = {
    "": "Calls that map to no IAM action: what they used is not known, and counts for no verdict",
    "event_source": "eventSource, as s3.amazonaws.com",
    "event_name": "eventName, as GetObject",
    "events": "How many calls of the day, whatever their outcome",
}
LINEAGE: dict[str, list[tuple[str, str]]] = {
    column: [("cloudtrail_usage", column)] for column in ("event_source", "event_name", "events")
}
