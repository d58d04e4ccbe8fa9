"""The Dagster declaration of `warehouse`."""

from collections.abc import Iterable

import dagster as dg

from assets.partitions import all_of, asked


def build(
    partitions: dg.PartitionsDefinition,
    tables: Iterable[str],
    by_account: Iterable[str],
    by_day: Iterable[str],
) -> dg.AssetsDefinition:
    """Return the asset for those partitions: what the named tables hold of them, in the configured warehouse.

    `by_account` and `by_day` are tables that are cut by account or by day only.
    """
    whole = {
        **dict.fromkeys(by_account, all_of("account")),
        **dict.fromkeys(by_day, all_of("day")),
    }

    @dg.asset(
        name="warehouse",
        description="The published tables in the configured warehouse, each partition replaced whole",
        deps=[dg.AssetDep(table, partition_mapping=whole.get(table)) for table in tables],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="published",
        required_resource_keys={"publisher"},
    )
    def warehouse(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        publisher = context.resources.publisher
        counts = publisher.publish(asked(context.partition_keys))
        rows = {f"rows/{table}": count for table, count in counts.items()}
        return dg.MaterializeResult(metadata={"warehouse": publisher.warehouse.label, **rows})

    return warehouse
