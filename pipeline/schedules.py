"""The daily run: the recent days of every account, today's snapshot, and what follows from them."""

from datetime import UTC, datetime

import dagster as dg

from pipeline.account_partitions import register_accounts
from pipeline.current_settings import current_settings
from pipeline.dead_runs import end_dead_runs
from pipeline.plan import facts_are_stale
from pipeline.requests import ASSET_JOB, SHARED, busy, requests
from pipeline.settings import Settings
from pipeline.steps import FACTS
from pipeline.still_lake import StillLake
from pipeline.upkeep import daily_steps


def build_daily(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule `daily`, at the time that the configuration names.

    It asks for everything that is missing, provisional or older than its inputs of the days that late deliveries
    may still change. Accounts that are being worked on already are left to the sensor `new_logs`.
    """

    @dg.schedule(
        name="daily",
        job_name=ASSET_JOB,
        cron_schedule=settings.schedule.cron,
        execution_timezone=settings.schedule.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING
        if settings.schedule.running
        else dg.DefaultScheduleStatus.STOPPED,
        description="Yesterday and the days that late deliveries may still change, of every account; today's snapshot",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        current = current_settings(settings)
        register_accounts(context.instance, current)
        end_dead_runs(context.instance, current.root)
        lake, working = StillLake(current.root), busy(context.instance)
        request = f"daily-{(context.scheduled_execution_time or datetime.now(UTC)).isoformat()}"
        if facts_are_stale(lake):
            # Every account reads them: the sensor new_logs asks for the accounts when they are there.
            return requests([FACTS], SHARED, request)
        asked = [
            one
            for account in current.accounts
            if account.id not in working
            for one in requests(daily_steps(lake, current, account), account.id, request)
        ]
        return asked or dg.SkipReason("the tables of the recent days are up to date, or being made")

    return daily
