"""The Dagster declaration of `trend_report`."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from assets.partitions import asked, window_of
from assets.trend_report.days import report_days
from assets.trend_report.inputs import ReportTables


def build(partitions: dg.PartitionsDefinition, lookback_days: int) -> dg.AssetsDefinition:
    """Return the asset for those partitions: the page of a day, with the trend of the days before it."""
    window = window_of(lookback_days)

    @dg.asset(
        name="trend_report",
        description="The page that people look at: one self-contained HTML file a day, and its rows as CSV",
        ins={
            name: dg.AssetIn(partition_mapping=window)
            for name in ("account_trends", "cloudtrail_usage", "role_assumptions", "log_coverage")
        },
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="shown",
        kinds={"html", "altair"},
        required_resource_keys={"report_options"},
        io_manager_key="pages",
    )
    def trend_report(
        context: dg.AssetExecutionContext,
        permission_trends: pl.LazyFrame,
        account_trends: pl.LazyFrame,
        permission_changes: pl.LazyFrame,
        principal_diffs: pl.LazyFrame,
        expanded_grants: pl.LazyFrame,
        grant_sources: pl.LazyFrame,
        grant_problems: pl.LazyFrame,
        iam_snapshots: pl.LazyFrame,
        cloudtrail_usage: pl.LazyFrame,
        role_assumptions: pl.LazyFrame,
        log_coverage: pl.LazyFrame,
    ) -> Iterator[dg.Output[Any]]:
        tables = ReportTables(
            permission_trends,
            account_trends,
            permission_changes,
            principal_diffs,
            expanded_grants,
            grant_sources,
            grant_problems,
            iam_snapshots,
            cloudtrail_usage,
            role_assumptions,
            log_coverage,
        )
        yield dg.Output(report_days(asked(context.partition_keys), tables, context.resources.report_options))

    return trend_report
