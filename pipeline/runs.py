"""Carrying plans out, account by account, one after the other or side by side.

Only those modules import this one that have something to run: importing Dagster takes two seconds.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date

import polars as pl

from assets.errors import CloudTrackerError, UnforeseenError, UnwritableError
from assets.principal_diffs.coverage import Window
from pipeline.account_process import Errand
from pipeline.damaged_files import damaged
from pipeline.full_disk import full_disk
from pipeline.interrupts import checkpoint
from pipeline.lake import Lake
from pipeline.plan import Plan
from pipeline.report_plan import report_days
from pipeline.runner import Runner, RunOptions, SessionDays, Watcher, runner
from pipeline.settings import AccountSettings, Settings
from pipeline.side_by_side import Overseer, hands
from pipeline.steps import ALL_ACCOUNTS
from pipeline.trend_plan import stale_organization
from pipeline.warehouse_plan import publish_steps

AS_USUAL = RunOptions()
"""Nothing read or checked that need not be, in runs as long as the plan."""
Planner = Callable[[AccountSettings], Plan]


def carry_out_all(
    settings: Settings,
    accounts: Sequence[AccountSettings],
    planner: Planner,
    watcher: Overseer,
    sessions: SessionDays | None = None,
    organization: Iterable[date] = (),
    publish: Window | None = None,
    options: RunOptions = AS_USUAL,
    processes: int = 1,
) -> dict[str, CloudTrackerError]:
    """Carry out every account's plan; return the errors of those that failed, by name, and of `ALL_ACCOUNTS`.

    `sessions` says of which days an account's role sessions are made, from the tables of all accounts. Then those
    days of the organisation are summed up whose accounts were made anew, and those of `organization`. `publish`: a
    window whose days go into the warehouse in the end, where one is configured, with what was published before and is
    another since. Accounts follow one another in this process, or so many `processes` work on them side by side;
    `planner` is picklable then.

    Raises `UnwritableError` where there is something to make and nothing can be written.
    """
    days = tuple(organization)
    failed: dict[str, CloudTrackerError] = {}
    at_a_time = min(processes, len(accounts))
    with ExitStack() as held:
        try:
            runs = held.enter_context(runner(settings, watcher, options))
        except UnwritableError:
            if _something_to_do(settings, accounts, planner, sessions, days, publish):
                raise
            return {}
        made = (
            _side_by_side(runs, accounts, Errand(settings, planner, options), at_a_time, watcher)
            if at_a_time > 1
            else _one_by_one(runs, accounts, planner)
        )
        ended: dict[str, CloudTrackerError | None] = {}
        watcher.accounts(0, len(accounts))
        for account, error in made:
            ended[account.name] = error
            watcher.accounts(len(ended), len(accounts))
        failed |= {one.name: error for one in accounts if (error := ended[one.name]) is not None}
        if sessions is not None:
            failed |= runs.sessions([one for one in accounts if one.name not in failed], sessions)
        try:
            runs.organization(days)
        except CloudTrackerError as error:
            # What became of the accounts is still told, and those that are whole are published.
            failed[ALL_ACCOUNTS] = error
        if publish is not None:
            failed |= runs.publish([one for one in accounts if one.name not in failed], publish)
    return failed


def _something_to_do(
    settings: Settings,
    accounts: Sequence[AccountSettings],
    planner: Planner,
    sessions: SessionDays | None,
    organization: Iterable[date],
    publish: Window | None,
) -> bool:
    """Whether `carry_out_all` would run anything. Where it can, it plans each account when its turn comes instead."""
    lake = Lake(settings.root)
    plans = (planner(account) for account in accounts)
    return (
        any(not plan.nothing or report_days(lake, plan.account, plan.report) for plan in plans)
        or (sessions is not None and any(sessions(account) for account in accounts))
        or bool(stale_organization(lake, organization))
        or (
            publish is not None
            and any(publish_steps(settings, account, publish.days) for account in accounts)
        )
    )


def told(name: str, error: CloudTrackerError) -> str:
    """Return what is said of an error that `carry_out_all` returned under that name."""
    if name == ALL_ACCOUNTS:
        return f"{name}: {error}"
    whose = f"account {name}: "
    # What nobody thought of names its account already.
    return f"{whose}{str(error).removeprefix(whose)}"


def carry_out(settings: Settings, plan: Plan, watcher: Watcher) -> None:
    """Carry out one plan. Raises the error that stopped it."""
    with runner(settings, watcher, AS_USUAL) as runs:
        runs.carry_out(plan)
        runs.organization()


_Made = Iterator[tuple[AccountSettings, CloudTrackerError | None]]


def _one_by_one(runs: Runner, accounts: Sequence[AccountSettings], planner: Planner) -> _Made:
    for account in accounts:
        try:
            runs.carry_out(planner(account))
        except CloudTrackerError as error:
            yield account, error
        except (Exception, pl.exceptions.PanicException) as error:
            checkpoint()
            file = full_disk(error) or damaged(error)
            # Nobody thought of it, but the other accounts have nothing to do with it.
            if file is None and (len(accounts) == 1 or os.environ.get("CLOUDTRACKER_DEBUG")):
                raise
            told = str(error).partition("\n")[0]
            yield account, file or UnforeseenError(f"account {account.name}: {type(error).__name__}: {told}")
        else:
            yield account, None


def _side_by_side(
    runs: Runner, accounts: Sequence[AccountSettings], errand: Errand, processes: int, watcher: Overseer
) -> _Made:
    with hands(errand, processes, watcher) as working:
        try:
            # While the processes start: all accounts' runs need them, and each would make them.
            runs.facts()
        except CloudTrackerError as error:
            yield from ((account, error) for account in accounts)
            return
        finally:
            watcher.end()
        for account, told in working.carry_out(accounts):
            if isinstance(told, CloudTrackerError):
                yield account, told
            else:
                runs.made_trends(told)
                yield account, None
