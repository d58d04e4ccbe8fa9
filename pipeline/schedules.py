"""The daily run: the recent days of every account, today's snapshot, and what follows from them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import partial
from time import monotonic

import dagster as dg

from assets.errors import CloudTrackerError
from assets.number_words import number_of
from pipeline.account_partitions import register_accounts
from pipeline.current_settings import current_settings
from pipeline.dead_runs import end_dead_runs
from pipeline.looks import steps_or_error
from pipeline.plan import facts_are_stale
from pipeline.requests import ASSET_JOB, LONGEST_LOOK, SHARED, busy, requests
from pipeline.settings import Settings
from pipeline.steps import FACTS
from pipeline.still_lake import StillLake
from pipeline.upkeep import daily_steps


def build_daily(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule `daily`, at the time that the configuration names.

    It asks for everything that is missing, provisional or older than its inputs of the days that late deliveries
    may still change. Accounts that are being worked on already are left to the sensor `new_logs`, and so are those that
    a tick has no time for: it begins with another account every day.
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
        began = monotonic()
        current = current_settings(settings, context.log.warning)
        register_accounts(context.instance, current)
        end_dead_runs(context.instance, current.root)
        lake, working = StillLake(current.root), busy(context.instance)
        request = f"daily-{(context.scheduled_execution_time or datetime.now(UTC)).isoformat()}"
        if facts_are_stale(lake):
            # Every account reads them: the sensor new_logs asks for the accounts when they are there.
            return requests([FACTS], SHARED, request)
        idle = {one.id: one for one in current.accounts if one.id not in working}
        asked: list[dg.RunRequest] = []
        failed: list[CloudTrackerError] = []
        beside = ""
        for number, account in enumerate(_turned(sorted(idle), current.today())):
            if number and monotonic() - began > LONGEST_LOOK:
                left = number_of(len(idle) - number, "account is", "accounts are")
                beside = f"; {left} left to the sensor new_logs"
                context.log.warning(f"this took long{beside}")
                break
            steps = steps_or_error(partial(daily_steps, lake, current, idle[account]))
            if isinstance(steps, CloudTrackerError):
                context.log.error(f"account {account}: {steps}")
                failed.append(steps)
            else:
                asked += requests(steps, account, request)
        if failed and len(failed) == len(idle):
            raise failed[0]
        beside += "".join(f"; {error}" for error in failed)
        return asked or dg.SkipReason(f"the tables of the recent days are up to date, or being made{beside}")

    return daily


def _turned(accounts: Sequence[str], day: date) -> list[str]:
    """Return the accounts, another one first every day."""
    first = day.toordinal() % len(accounts) if accounts else 0
    return [*accounts[first:], *accounts[:first]]
