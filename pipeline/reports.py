"""Reports from the stored tables, for one account or several together."""

from collections.abc import Sequence
from datetime import date

from assets.partitions import Partition
from assets.principal_diffs.coverage import Window
from assets.trend_report.days import Report, report
from assets.trend_report.inputs import ReportOptions, ReportTables
from pipeline.lake import Lake
from pipeline.settings import AccountSettings, Settings


def report_options(settings: Settings) -> ReportOptions:
    """Return what the configuration says about reports."""
    return ReportOptions(
        settings.lookback_days, settings.min_covered_days, lambda account: settings.account(account).name
    )


def stored_report(settings: Settings, accounts: Sequence[AccountSettings], day: date) -> Report:
    """Return one page of those accounts from what is stored for that day and the window that ends with it."""
    window = Window.ending(day, settings.lookback_days)
    tables = _tables(Lake(settings.root), accounts, window)
    return report([account.id for account in accounts], day, tables, report_options(settings))


def _tables(lake: Lake, accounts: Sequence[AccountSettings], window: Window) -> ReportTables:
    last = [Partition(window.end, account.id) for account in accounts]
    days = [Partition(day, account.id) for account in accounts for day in window.days]
    return ReportTables(
        trends=lake.scan("permission_trends", last),
        account_trends=lake.scan("account_trends", days),
        changes=lake.scan("permission_changes", last),
        diffs=lake.scan("principal_diffs", last),
        grants=lake.scan("expanded_grants", last),
        sources=lake.scan("grant_sources", last),
        problems=lake.scan("grant_problems", last),
        snapshots=lake.scan("iam_snapshots", last),
        usage=lake.scan("cloudtrail_usage", days),
        assumptions=lake.scan("role_assumptions", days),
        coverage=lake.scan("log_coverage", days),
    )
