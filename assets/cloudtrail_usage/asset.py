"""The Dagster declaration of `cloudtrail_usage` and the other tables read from logs."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.cloudtrail_usage.days import usage_days
from assets.cloudtrail_usage.schema import DESCRIPTIONS
from assets.partitions import asked

_TABLES = ("cloudtrail_usage", "role_assumptions", "session_usage", "rejected_records", "log_coverage")


def build(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the asset for those partitions: one pass over the logs writes all of its tables."""

    @dg.multi_asset(
        name="cloudtrail_usage",
        outs={
            name: dg.AssetOut(description=DESCRIPTIONS[name][""], kinds={"polars", "parquet"})
            for name in _TABLES
        },
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="used",
        required_resource_keys={"log_reading"},
    )
    def cloudtrail_usage(context: dg.AssetExecutionContext) -> Iterator[dg.Output[Any]]:
        with usage_days(asked(context.partition_keys), context.resources.log_reading) as days:
            yield dg.Output(days.usage(), "cloudtrail_usage")
            yield dg.Output(days.assumptions(), "role_assumptions")
            yield dg.Output(days.sessions(), "session_usage")
            yield dg.Output(days.rejected(), "rejected_records")
            yield dg.Output(days.coverage(), "log_coverage", metadata=days.totals())

    return cloudtrail_usage
