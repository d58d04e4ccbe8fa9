"""When a report has to be made, and what it needs to be there first: make's rule, as in `pipeline.plan`."""

from dataclasses import replace
from datetime import date

from assets.partitions import Partition
from assets.principal_diffs.coverage import Window
from pipeline.lake import Lake
from pipeline.page_files import page_path, page_written_at
from pipeline.plan import Plan, configured_at, plan_answer
from pipeline.settings import AccountSettings, Settings
from pipeline.trend_plan import TREND_TABLES, stale_trends, with_next_day

REPORT = "trend_report"


def plan_report(lake: Lake, settings: Settings, account: AccountSettings, day: date) -> Plan:
    """Plan what the report of a day is made from: its diff with all that it needs, its trends and changes."""
    plan = plan_answer(lake, settings, account, Window.ending(day, settings.lookback_days))
    trends = stale_trends(lake, account.id, [day], plan.diffs, configured_at(settings))
    return replace(plan, trends=with_next_day(lake, account.id, trends) if trends else ())


def report_days(lake: Lake, account: str, day: date | None) -> list[date]:
    """Return the day whose page a run was to make, if it has trends and its page is missing or older, else nothing.

    A run makes one page, however many days it makes: a page says all that the days before it say.
    """
    if day is None or lake.written_at(TREND_TABLES[0], Partition(day, account)) is None:
        return []
    return [day] if report_is_stale(lake, Partition(day, account)) else []


def report_is_stale(lake: Lake, partition: Partition) -> bool:
    """Whether the page of a day is missing, or older than the trends and changes that it shows."""
    written = page_written_at(page_path(lake.root, partition))
    inputs = [lake.written_at(table, partition) for table in TREND_TABLES]
    return written is None or any(time is not None and time > written for time in inputs)
