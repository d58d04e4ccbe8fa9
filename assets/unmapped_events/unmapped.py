"""Which events of a day map to nothing."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from assets.aws_actions.mapping import EventMapping
from assets.partitions import Partition
from assets.unmapped_events.schema import KEY, UNMAPPED_EVENTS


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
