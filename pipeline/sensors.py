"""The sensors: new logs make the days that they change, and what is read from all accounts follows."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic

import dagster as dg

from assets.errors import CloudTrackerError
from assets.number_words import number_of
from pipeline.account_partitions import register_accounts, registered_accounts
from pipeline.current_settings import current_settings
from pipeline.dead_runs import end_dead_runs
from pipeline.looks import steps_or_error
from pipeline.plan import facts_are_stale
from pipeline.requests import (
    ACCOUNT_TAG,
    ASSET_JOB,
    LONGEST_LOOK,
    SHARED,
    Asked,
    busy,
    digest,
    from_the_next,
    is_repetition,
    read_cursor,
    requests,
    written_cursor,
)
from pipeline.settings import Settings
from pipeline.steps import FACTS, Step
from pipeline.still_lake import StillLake
from pipeline.upkeep import changed_steps, shared_steps

LONGEST_WAIT = timedelta(hours=2)
"""For how long accounts may keep what is made from all of them waiting."""
Planned = tuple[str, Callable[[], Sequence[Step]]]


def build_new_logs(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor `new_logs`: it asks for what new logs changed, late deliveries included, account by account.

    Its cursor holds what was asked for last, by account. An account whose runs are under way is not asked for. Where
    looking at all accounts takes long, the next tick goes on behind the one looked at last.
    """

    @dg.sensor(
        name="new_logs",
        job_name=ASSET_JOB,
        minimum_interval_seconds=60 * settings.schedule.new_logs_minutes,
        default_status=_status(settings),
        description="The days that new logs change, late deliveries included, and everything downstream of them",
    )
    def new_logs(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        began = monotonic()
        current = current_settings(settings, context.log.warning)
        register_accounts(context.instance, current)
        end_dead_runs(context.instance, current.root)
        lake, working = StillLake(current.root), busy(context.instance)
        if working - {SHARED} and _is_overdue(context.instance, lake, current):
            return dg.SensorResult(
                skip_reason="what is made from all accounts has its turn first", cursor=context.cursor
            )
        if facts_are_stale(lake):
            return _result(context, began, [(SHARED, lambda: [FACTS])] if not working else [])
        # While something is made from the tables of all accounts, none of them is changed below it.
        idle = [] if SHARED in working else [one for one in current.accounts if one.id not in working]
        return _result(context, began, [(one.id, partial(changed_steps, lake, current, one)) for one in idle])

    return new_logs


def build_all_accounts(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor `all_accounts`: once no account is being worked on, what is read from all of them is made."""

    @dg.sensor(
        name="all_accounts",
        job_name=ASSET_JOB,
        minimum_interval_seconds=60,
        default_status=_status(settings),
        description="Role sessions and the organisation's trends, once the tables of all accounts stand still",
    )
    def all_accounts(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        began = monotonic()
        current = current_settings(settings, context.log.warning)
        end_dead_runs(context.instance, current.root)
        lake = StillLake(current.root)
        idle = not busy(context.instance)
        order = registered_accounts(context.instance)
        return _result(context, began, [(SHARED, lambda: shared_steps(lake, current, order))] if idle else [])

    return all_accounts


def _is_overdue(instance: dg.DagsterInstance, lake: StillLake, current: Settings) -> bool:
    """Whether what is made from all accounts has waited for long: with many, some account is always being worked on."""
    since = datetime.now(UTC) - LONGEST_WAIT
    lately = instance.get_runs(dg.RunsFilter(tags={ACCOUNT_TAG: SHARED}, created_after=since), limit=1)
    return not lately and bool(shared_steps(lake, current, registered_accounts(instance)))


def _status(settings: Settings) -> dg.DefaultSensorStatus:
    return dg.DefaultSensorStatus.RUNNING if settings.schedule.running else dg.DefaultSensorStatus.STOPPED


def _result(context: dg.SensorEvaluationContext, began: float, planned: Sequence[Planned]) -> dg.SensorResult:
    # `began`: when the tick did. Asking AWS for the accounts may have taken most of its time already.
    cursor, now = read_cursor(context.cursor), datetime.now(UTC)
    asked: list[dg.RunRequest] = []
    failed: dict[str, CloudTrackerError] = {}
    plans = dict(planned)
    left = len(plans)
    for account in from_the_next(plans, cursor.last):
        if left < len(plans) and monotonic() - began > LONGEST_LOOK:
            break
        steps = steps_or_error(plans[account])
        if isinstance(steps, CloudTrackerError):
            context.log.error(f"account {account}: {steps}")
            failed[account] = steps
            cursor.last, left = account, left - 1
            continue
        wanted = digest(steps)
        if not steps:
            cursor.asked.pop(account, None)
        elif not is_repetition(context.instance, cursor.asked.get(account), wanted, now):
            request = f"{now.isoformat(timespec='milliseconds')}-{wanted}"
            asked += requests(steps, account, request)
            cursor.asked[account] = Asked(wanted, f"{request}/{account}", now)
        cursor.last, left = account, left - 1
    if failed and len(failed) == len(plans):
        raise next(iter(failed.values()))
    looked_at = number_of(left, "account is", "accounts are")
    later = f"; {looked_at} looked at by the next ticks" if left else ""
    wrong = "".join(f"; account {account}: {error}" for account, error in failed.items())
    return dg.SensorResult(
        run_requests=asked,
        cursor=written_cursor(cursor),
        skip_reason=None if asked else f"nothing new, or what is new is being made{later}{wrong}",
    )
