"""The Dagster declaration of `expanded_grants`, `grant_sources` and `grant_problems`."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from assets.expanded_grants.days import GrantDays
from assets.expanded_grants.schema import DESCRIPTIONS
from assets.partitions import asked

_TABLES = ("expanded_grants", "grant_sources", "grant_problems")


def build(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the asset for those partitions."""

    @dg.multi_asset(
        name="expanded_grants",
        outs={
            name: dg.AssetOut(description=DESCRIPTIONS[name][""], kinds={"polars", "parquet"})
            for name in _TABLES
        },
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="granted",
        required_resource_keys={"stored", "scps"},
    )
    def expanded_grants(
        context: dg.AssetExecutionContext, iam_snapshots: pl.LazyFrame, iam_actions: pl.DataFrame
    ) -> Iterator[dg.Output[Any]]:
        days = GrantDays(
            asked(context.partition_keys),
            iam_snapshots,
            iam_actions,
            context.resources.stored,
            context.resources.scps,
        )
        yield dg.Output(days.grants(), "expanded_grants")
        yield dg.Output(days.sources(), "grant_sources")
        yield dg.Output(days.problems(), "grant_problems")

    return expanded_grants
