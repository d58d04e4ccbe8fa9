"""The Dagster declaration of `trail_settings`."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.partitions import asked
from assets.trail_settings.schema import DESCRIPTIONS


def build(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the asset for those partitions."""

    @dg.asset(
        name="trail_settings",
        description=DESCRIPTIONS[""],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="used",
        kinds={"python", "parquet"},
        required_resource_keys={"trail_sources"},
    )
    def trail_settings(context: dg.AssetExecutionContext) -> Iterator[dg.Output[Any]]:
        yield dg.Output(context.resources.trail_sources.settings(asked(context.partition_keys)))

    return trail_settings
