"""The Dagster declaration of `principal_diffs`."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
import polars as pl

from assets.partitions import asked, window_of
from assets.principal_diffs.days import Tables, diff_days


def build(partitions: dg.PartitionsDefinition, lookback_days: int) -> dg.AssetsDefinition:
    """Return the asset for those partitions, each from the `lookback_days` days that end with it."""
    window = window_of(lookback_days)

    @dg.asset(
        name="principal_diffs",
        description="Granted against used: a row per principal and action, with status and reason",
        ins={
            name: dg.AssetIn(partition_mapping=window)
            for name in ("cloudtrail_usage", "log_coverage", "expanded_grants")
        },
        # The rules of the verdicts are read with what the trails were set to record.
        deps=[dg.AssetDep("trail_settings", partition_mapping=window)],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="verdicts",
        kinds={"polars", "parquet"},
        # The schedule makes a day's diff every day: a day and a half without one is an alarm.
        freshness_policy=dg.FreshnessPolicy.time_window(
            warn_window=timedelta(hours=26), fail_window=timedelta(hours=36)
        ),
        required_resource_keys={"diff_options"},
    )
    def principal_diffs(
        context: dg.AssetExecutionContext,
        cloudtrail_usage: pl.LazyFrame,
        log_coverage: pl.LazyFrame,
        expanded_grants: pl.LazyFrame,
        grant_problems: pl.LazyFrame,
        iam_snapshots: pl.LazyFrame,
        aws_actions: pl.DataFrame,
        iam_actions: pl.DataFrame,
    ) -> Iterator[dg.Output[Any]]:
        tables = Tables(
            cloudtrail_usage,
            log_coverage,
            expanded_grants,
            grant_problems,
            iam_snapshots,
            aws_actions,
            iam_actions,
        )
        yield dg.Output(diff_days(asked(context.partition_keys), tables, context.resources.diff_options))

    return principal_diffs
