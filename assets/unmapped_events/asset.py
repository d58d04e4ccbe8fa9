"""The Dagster declaration of `unmapped_events`."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from assets.partitions import asked
from assets.unmapped_events.schema import DESCRIPTIONS
from assets.unmapped_events.unmapped import unmapped_days


def build(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the asset for those partitions."""

    @dg.asset(
        name="unmapped_events",
        description=DESCRIPTIONS[""],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="used",
        kinds={"polars", "parquet"},
        required_resource_keys={"facts_folder"},
    )
    def unmapped_events(
        context: dg.AssetExecutionContext,
        cloudtrail_usage: pl.LazyFrame,
        aws_actions: pl.DataFrame,
        iam_actions: pl.DataFrame,
    ) -> Iterator[dg.Output[Any]]:
        days = asked(context.partition_keys)
        facts = (aws_actions, iam_actions)
        yield dg.Output(unmapped_days(days, cloudtrail_usage, facts, context.resources.facts_folder))

    return unmapped_events
