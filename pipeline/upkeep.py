"""What keeps the tables up to date by themselves: which runs the schedule and the sensors ask for.

Three levels, and a level waits for the one before it: the action lists, which all accounts read; then each
account by itself; then what is read from all accounts (`role_sessions`, `organization_trends`), and what goes into
the warehouse of it all. No Dagster here.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from assets.principal_diffs.coverage import Window
from pipeline.lake import Lake
from pipeline.plan import Plan, Wanted, plan_missing, plan_stale
from pipeline.report_plan import report_days
from pipeline.session_plan import SESSIONS, newest_inputs, stale_sessions
from pipeline.session_steps import session_steps
from pipeline.settings import AccountSettings, Settings
from pipeline.sources import trails_are_read
from pipeline.steps import DAYS_A_RUN, DIFFS, Step, organization_steps, steps_of
from pipeline.trend_plan import stale_organization
from pipeline.warehouse_plan import publish_all_steps


def recent_days(settings: Settings) -> Window:
    """Return the days that are made without anybody asking: those that late deliveries may still change.

    Two more lie before them: a tick or two that were missed are made up for.
    """
    today = settings.today()
    return Window(max(settings.first_day, today - timedelta(days=settings.late_days + 2)), today)


def daily_steps(lake: Lake, settings: Settings, account: AccountSettings) -> list[Step]:
    """Return the runs that bring the recent days of an account up to date, today's snapshot among them."""
    return _steps(lake, settings, account, plan_missing(lake, settings, account, recent_days(settings)))


def changed_steps(lake: Lake, settings: Settings, account: AccountSettings) -> list[Step]:
    """Return the runs for what new logs (or snapshots, settings, facts) changed of an account.

    Held against its inputs is what is stored, of any day, and what is recent; a day that is not over is made
    again when something was delivered for it, and once after its last delivery has been waited for.
    """
    recent = recent_days(settings)

    def kept(table: str) -> list[date]:
        stored = {one.day for one in lake.partitions(table, account.id)}
        # What was made before first_day was moved is not touched: Dagster has no partitions for it.
        return sorted({*recent.days, *(day for day in stored if settings.first_day <= day <= recent.end)})

    wanted = Wanted(kept("log_coverage"), kept("expanded_grants"), kept(DIFFS), recent.end, open_days=False)
    return _steps(lake, settings, account, plan_stale(lake, settings, account, wanted))


def shared_steps(lake: Lake, settings: Settings, order: Sequence[str]) -> list[Step]:
    """Return the runs for what is read from the tables of all accounts: role sessions, and the organisation.

    `order`: Dagster's order of accounts.
    """
    recent = set(recent_days(settings).days)
    newest = newest_inputs(lake, settings)
    sessions: dict[str, list[date]] = {}
    for account in settings.accounts:
        made = {
            one.day for one in lake.partitions("session_usage", account.id) if one.day >= settings.first_day
        }
        stored = {one.day for one in lake.partitions(SESSIONS, account.id)}
        days = sorted(made & (stored | recent))
        sessions[account.id] = stale_sessions(lake, settings, account.id, days, newest)
    steps = session_steps(sessions, order, DAYS_A_RUN)
    trends = {one.day for one in lake.partitions("account_trends") if one.day >= settings.first_day}
    steps += organization_steps(stale_organization(lake, trends))
    if steps:
        # What they make is published, too. And a warehouse that does not answer holds nothing up but itself.
        return steps
    made_days = {one.id: [part.day for part in lake.partitions(DIFFS, one.id)] for one in settings.accounts}
    return publish_all_steps(settings, made_days)


def _steps(lake: Lake, settings: Settings, account: AccountSettings, plan: Plan) -> list[Step]:
    # A page is made where its trends are about to be, or are newer than it.
    page = plan.report in plan.trends or report_days(lake, account.id, plan.report)
    plan = replace(plan, facts=False, report=plan.report if page else None)
    return steps_of(plan, account.name, trails=trails_are_read(settings, account), days_a_run=DAYS_A_RUN)
