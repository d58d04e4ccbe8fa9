"""Which events of a day map to nothing, and whether their share grows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.aws_actions.mapping import EventMapping
from assets.iam_snapshots.filling import Stored
from assets.partitions import Partition
from assets.unmapped_events.schema import KEY, UNMAPPED_EVENTS

TOLERANCE = 0.01


def unmapped_days(
    partitions: Iterable[Partition],
    usage: pl.LazyFrame,
    facts: tuple[pl.DataFrame, pl.DataFrame],
    facts_folder: Path,
) -> Iterator[tuple[Partition, pl.DataFrame]]:
    """Yield `unmapped_events` for each partition. `usage`: `cloudtrail_usage`; `facts`: the two fact tables.

    Only `AwsApiCall` uses permissions (CloudTrail field `eventType`); an event that needs none is not unmapped.
    """
    mapping = EventMapping.from_frames(*facts, facts_folder)
    for partition in partitions:
        here = (pl.col("day") == partition.day) & (pl.col("account") == partition.account)
        yield partition, unmapped(usage.filter(here & (pl.col("event_type") == "AwsApiCall")), mapping)


def unmapped(calls: pl.LazyFrame, mapping: EventMapping) -> pl.DataFrame:
    """Return the columns of `UNMAPPED_EVENTS`, sorted by key, for those of the calls that map to nothing."""
    totals = calls.group_by(KEY).agg(pl.col("events").sum()).collect()
    rules = mapping.map_pairs(totals).filter(pl.col("rule") == "unmapped").select(KEY)
    return totals.join(rules, on=KEY).select(list(UNMAPPED_EVENTS)).sort(KEY)


@dataclass(frozen=True)
class Growth:
    """The share of unmapped calls on the newest day and over the days before; `grows` where people should look."""

    newest: float
    before: float
    grows: bool


def growth(stored: Stored, account: str) -> Growth:
    """Compare the newest stored day of an account with all before: more than a hundredth more is growth."""
    days = stored.partitions("unmapped_events", account)
    calls = (
        stored.scan("cloudtrail_usage", days)
        .filter(pl.col("event_type") == "AwsApiCall")
        .group_by("day")
        .agg(calls=pl.col("events").sum())
    )
    lost = stored.scan("unmapped_events", days).group_by("day").agg(lost=pl.col("events").sum())
    rows = (
        calls.join(lost, on="day", how="left").with_columns(pl.col("lost").fill_null(0)).sort("day").collect()
    )
    newest, before = _share(rows.tail(1)), _share(rows.head(max(0, rows.height - 1)))
    return Growth(newest, before, rows.height > 1 and newest > before + TOLERANCE)


def _share(rows: pl.DataFrame) -> float:
    calls = int(rows["calls"].sum())
    return float(rows["lost"].sum()) / calls if calls else 0.0
