"""The Dagster declaration of `iam_snapshots`."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.partitions import asked


def build(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the asset for those partitions."""

    @dg.asset(
        name="iam_snapshots",
        description="Users, roles, groups and policies of an account on a day, as AWS returned them",
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="granted",
        kinds={"python", "parquet"},
        required_resource_keys={"iam_sources"},
    )
    def iam_snapshots(context: dg.AssetExecutionContext) -> Iterator[dg.Output[Any]]:
        yield dg.Output(context.resources.iam_sources.snapshots(asked(context.partition_keys)))

    return iam_snapshots
