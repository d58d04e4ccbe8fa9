"""The Dagster declaration of `role_sessions`."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from assets.partitions import all_accounts_of, asked
from assets.role_sessions.days import DAYS_BEFORE, session_days
from assets.role_sessions.schema import DESCRIPTIONS


def build(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the asset for those partitions, each from its day and those before it, of all accounts."""
    near = all_accounts_of(DAYS_BEFORE + 1)

    @dg.asset(
        name="role_sessions",
        description=DESCRIPTIONS[""],
        ins={name: dg.AssetIn(partition_mapping=near) for name in ("role_assumptions", "session_usage")},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="used",
        kinds={"polars", "parquet"},
        required_resource_keys={"staging"},
    )
    def role_sessions(
        context: dg.AssetExecutionContext, role_assumptions: pl.LazyFrame, session_usage: pl.LazyFrame
    ) -> Iterator[dg.Output[Any]]:
        staging = context.resources.staging
        yield dg.Output(session_days(asked(context.partition_keys), role_assumptions, session_usage, staging))

    return role_sessions
