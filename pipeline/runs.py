"""Carrying a plan out: Dagster runs in this process, a range of an account at a time.

Only those modules import this one that have something to run: importing Dagster takes two seconds.
"""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Protocol

import dagster as dg
from dagster._core.errors import DagsterAssetCheckFailedError, DagsterExecutionInterruptedError

from assets.errors import CloudTrackerError, RunError
from assets.partitions import ACCOUNTS, AccountPartition, AnyPartition, DayPartition, Partition
from assets.principal_diffs.coverage import Window
from pipeline.dagster_home import dagster_home
from pipeline.definitions import build_definitions
from pipeline.lake import Lake, ensure_writable
from pipeline.plan import (
    FACT_TABLES,
    GRANT_TABLES,
    SNAPSHOT,
    TRAILS,
    UNMAPPED,
    USAGE_TABLES,
    Plan,
    ranges,
    unread_late_days,
)
from pipeline.progress import Progress
from pipeline.report_plan import REPORT, report_days
from pipeline.session_plan import SESSIONS
from pipeline.settings import AccountSettings, Settings
from pipeline.sources import trails_are_read
from pipeline.trend_plan import HISTORY_TABLES, ORGANIZATION, TREND_TABLES, stale_organization


class Watcher(Progress, Protocol):
    """A `Progress` that is also told when a run begins."""

    def begin(self, what: str, partitions: int) -> None:
        """A run begins that will write so many partitions."""
        ...


Planner = Callable[[AccountSettings], Plan]


def carry_out_all(
    settings: Settings,
    accounts: Sequence[AccountSettings],
    planner: Planner,
    watcher: Watcher,
    afterwards: Planner | None = None,
    anew: bool = False,
    checks: bool = False,
    organization: Iterable[date] = (),
) -> dict[str, CloudTrackerError]:
    """Carry out every account's plan, one after the other; return the errors of those that failed, by name.

    `afterwards` plans what needs the tables of all accounts. Then those days of the organisation are summed up
    whose accounts were made anew, and those of `organization`. `anew`: live accounts are read again, though
    snapshots of today are there. With `checks` every table is checked when it is made, and an error keeps what is
    downstream from being made.
    """
    failed: dict[str, CloudTrackerError] = {}
    with _runner(settings, watcher, anew=anew, checks=checks) as runner:
        for plan in (planner, afterwards) if afterwards else (planner,):
            for account in accounts:
                if account.name in failed:
                    continue
                try:
                    runner.carry_out(plan(account))
                except CloudTrackerError as error:
                    failed[account.name] = error
        runner.organization(organization)
    return failed


def carry_out(settings: Settings, plan: Plan, watcher: Watcher) -> None:
    """Carry out one plan. Raises the error that stopped it."""
    with _runner(settings, watcher) as runner:
        runner.carry_out(plan)
        runner.organization()


@contextmanager
def _runner(
    settings: Settings, watcher: Watcher, *, anew: bool = False, checks: bool = False
) -> Iterator["_Runner"]:
    ensure_writable(settings.root)
    home = dagster_home()
    ensure_writable(home)
    os.environ["DAGSTER_HOME"] = str(home)
    with dg.DagsterInstance.get() as instance:
        register_accounts(instance, settings)
        yield _Runner(
            settings, watcher, instance, build_definitions(settings, watcher, anew=anew, checks=checks)
        )


def register_accounts(instance: dg.DagsterInstance, settings: Settings) -> None:
    """Make the accounts of the configuration partitions; those that are there already stay."""
    instance.add_dynamic_partitions(ACCOUNTS, [account.id for account in settings.accounts])


class _Runner:
    """The definitions of one configuration and the instance that their runs are recorded in."""

    def __init__(
        self,
        settings: Settings,
        watcher: Watcher,
        instance: dg.DagsterInstance,
        definitions: dg.Definitions,
    ) -> None:
        self._settings = settings
        self._watcher = watcher
        self._instance = instance
        self._lake = Lake(settings.root)
        self._days_of_trends: set[date] = set()
        self._job = definitions.resolve_implicit_global_asset_job_def()

    def carry_out(self, plan: Plan) -> None:
        """Run what the plan names, then what its late deliveries make necessary, then what follows from it all."""
        self._up_to_verdicts(plan)
        name = self._settings.account(plan.account).name
        self._days(TREND_TABLES, plan.trends, plan.account, name)
        self._days_of_trends |= set(plan.trends)
        if plan.history:
            self._run_partitions(name, HISTORY_TABLES, [AccountPartition(plan.account)])
        self._days((REPORT,), report_days(self._lake, plan.account, plan.report), plan.account, name)

    def organization(self, days: Iterable[date] = ()) -> None:
        """Sum up these days, and those whose trends were made here, over all accounts; nothing that is up to date."""
        for window in ranges(stale_organization(self._lake, {*days, *self._days_of_trends})):
            partitions = [DayPartition(day) for day in window.days]
            self._run_partitions("all accounts", (ORGANIZATION,), partitions)

    def _up_to_verdicts(self, plan: Plan) -> None:
        if plan.facts:
            self._run("action lists", FACT_TABLES, plan.account, None)
        account = self._settings.account(plan.account)
        name = account.name
        trails = (TRAILS,) if trails_are_read(self._settings, account) else ()
        self._days((SNAPSHOT, *trails), plan.snapshots, plan.account, name)
        self._days((SESSIONS,), plan.sessions, plan.account, name)
        if plan.usage == tuple(ranges(plan.grants)) == tuple(ranges(plan.diffs)):
            for window in plan.usage:
                self._run(
                    name,
                    (*USAGE_TABLES, UNMAPPED, *GRANT_TABLES, *trails, "principal_diffs"),
                    plan.account,
                    window,
                )
            self._late(plan, name)
            return
        for window in plan.usage:
            self._run(name, (*USAGE_TABLES, UNMAPPED), plan.account, window)
        self._late(Plan(plan.account, False, plan.usage, (), ()), name)
        self._days((UNMAPPED,), plan.unmapped, plan.account, name)
        if plan.grants == plan.diffs:
            self._days((*GRANT_TABLES, *trails, "principal_diffs"), plan.grants, plan.account, name)
            return
        self._days((*GRANT_TABLES, *trails), plan.grants, plan.account, name)
        self._days(("principal_diffs",), plan.diffs, plan.account, name)

    def _days(self, tables: Sequence[str], days: Sequence[date], account: str, name: str) -> None:
        for window in ranges(days):
            self._run(name, tables, account, window)

    def _late(self, plan: Plan, name: str) -> None:
        """Make those days again whose events were found in files of other days, and the plan's diffs over them."""
        if not plan.usage:
            return
        late = unread_late_days(self._lake, plan.account)
        self._days((*USAGE_TABLES, UNMAPPED), late, plan.account, f"{name}, late deliveries")
        if late:
            self._days(
                ("principal_diffs",), [day for day in plan.diffs if day >= min(late)], plan.account, name
            )

    def _run(self, what: str, tables: Sequence[str], account: str, window: Window | None) -> None:
        days = window.days if window else []
        self._run_partitions(what, tables, [Partition(day, account) for day in days])

    def _run_partitions(self, what: str, tables: Sequence[str], partitions: Sequence[AnyPartition]) -> None:
        """Make a range of partitions in one run; none: of unpartitioned tables."""
        selection = [dg.AssetKey(table) for table in tables]
        asked = [partition.key for partition in partitions]
        self._watcher.begin(what, len(tables) * max(1, len(asked)))
        tags = {}
        if asked:
            tags = {
                "dagster/asset_partition_range_start": asked[0],
                "dagster/asset_partition_range_end": asked[-1],
            }
        with _interruptible():
            result = _executed(self._job, self._instance, selection, tags)
        made = {
            event.partition
            for event in result.get_asset_materialization_events()
            if event.partition is not None
        }
        # A multi-partition range is a product of dimensions: it must not have become more, or less, than asked.
        if made != set(asked):
            raise RunError(
                f"the run made {len(made)} partitions where {len(asked)} were asked for: {asked[:1]} to {asked[-1:]}"
            )


def _executed(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    selection: Sequence[dg.AssetKey],
    tags: dict[str, str],
) -> dg.ExecuteInProcessResult:
    try:
        return job.execute_in_process(
            instance=instance,
            asset_selection=selection,
            tags=tags,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    except DagsterExecutionInterruptedError:
        raise KeyboardInterrupt from None
    except CloudTrackerError:
        raise
    except dg.DagsterError as error:
        cause = error.__cause__
        while cause is not None and not isinstance(cause, CloudTrackerError):
            cause = cause.__cause__
        if cause is not None:
            raise cause from None
        if isinstance(error, DagsterAssetCheckFailedError):
            raise RunError(
                "tables break what they promise, and what is downstream of them was not made;"
                f" 'cloudtracker checks' tells more: {' '.join(str(error).split())}"
            ) from None
        raise RunError(f"a run failed: {error}") from error


@contextmanager
def _interruptible() -> Iterator[None]:
    # Dagster takes SIGINT and answers at its next checkpoint; the old handler comes back afterwards.
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
