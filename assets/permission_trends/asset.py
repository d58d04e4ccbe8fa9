"""The Dagster declarations of the trends, the changes and the history."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.partitions import AccountPartition, DayPartition, all_of, asked, window_of
from assets.permission_trends.change_days import READ, change_days
from assets.permission_trends.history_days import Histories
from assets.permission_trends.organization import organization_days
from assets.permission_trends.schema import DESCRIPTIONS
from assets.permission_trends.trends import TrendDays

_KINDS = {"polars", "parquet"}
_GROUP = "remembered"


def build_trends(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return `permission_trends` and `account_trends` for those partitions, each from the same day's diff."""
    diffs, people, trends = map(dg.AssetKey, ("principal_diffs", "iam_snapshots", "permission_trends"))

    @dg.multi_asset(
        name="permission_trends",
        outs={
            name: dg.AssetOut(description=DESCRIPTIONS[name][""], kinds=_KINDS)
            for name in ("permission_trends", "account_trends")
        },
        deps=[diffs, people],
        internal_asset_deps={"permission_trends": {diffs, people}, "account_trends": {trends}},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=_GROUP,
        required_resource_keys={"stored", "risk_weights"},
    )
    def permission_trends(context: dg.AssetExecutionContext) -> Iterator[dg.Output[Any]]:
        resources = context.resources
        days = TrendDays(asked(context.partition_keys), resources.stored, resources.risk_weights)
        yield dg.Output(days.principals(), "permission_trends")
        yield dg.Output(days.accounts(), "account_trends")

    return permission_trends


def build_organization(days: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return `organization_trends` for those days, each from all accounts' `account_trends`."""

    @dg.asset(
        name="organization_trends",
        description=DESCRIPTIONS["organization_trends"][""],
        deps=[dg.AssetDep("account_trends", partition_mapping=all_of("day"))],
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=_GROUP,
        kinds=_KINDS,
        required_resource_keys={"stored"},
    )
    def organization_trends(context: dg.AssetExecutionContext) -> Iterator[dg.Output[Any]]:
        wanted = map(DayPartition.from_key, context.partition_keys)
        yield dg.Output(organization_days(wanted, context.resources.stored))

    return organization_trends


def build_changes(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return `permission_changes` for those partitions, each from its day and the day before."""

    @dg.asset(
        name="permission_changes",
        description=DESCRIPTIONS["permission_changes"][""],
        deps=[dg.AssetDep(table, partition_mapping=window_of(2)) for table in READ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=_GROUP,
        kinds=_KINDS,
        required_resource_keys={"stored"},
    )
    def permission_changes(context: dg.AssetExecutionContext) -> Iterator[dg.Output[Any]]:
        yield dg.Output(change_days(asked(context.partition_keys), context.resources.stored))

    return permission_changes


def build_history(accounts: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return `permission_history` and its bookkeeping for those accounts, from all their stored diffs."""
    diffs, history = map(dg.AssetKey, ("principal_diffs", "permission_history"))

    @dg.multi_asset(
        name="permission_history",
        outs={
            name: dg.AssetOut(description=DESCRIPTIONS[name][""], kinds=_KINDS)
            for name in ("permission_history", "permission_history_days")
        },
        deps=[dg.AssetDep(diffs, partition_mapping=all_of("account"))],
        internal_asset_deps={"permission_history": {diffs}, "permission_history_days": {history}},
        partitions_def=accounts,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=_GROUP,
        required_resource_keys={"stored"},
    )
    def permission_history(context: dg.AssetExecutionContext) -> Iterator[dg.Output[Any]]:
        wanted = map(AccountPartition.from_key, context.partition_keys)
        histories = Histories(wanted, context.resources.stored)
        yield dg.Output(histories.histories(), "permission_history")
        yield dg.Output(histories.days(), "permission_history_days")

    return permission_history
