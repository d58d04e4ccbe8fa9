"""Runs through Dagster, in this process: a range of an account at a time.

Only those modules import this one that have something to run: importing Dagster takes two seconds.
"""

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import dagster as dg
import polars as pl
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.errors import DagsterAssetCheckFailedError, DagsterExecutionInterruptedError
from dagster._core.execution.execute_in_process import core_execute_in_process

from assets.errors import CloudTrackerError, RunError
from assets.number_words import number_of
from assets.partitions import Partition
from assets.principal_diffs.coverage import Window
from pipeline import interrupts
from pipeline.account_partitions import registered_accounts
from pipeline.dagster_home import dagster_home
from pipeline.damaged_files import damaged
from pipeline.definitions import build_definitions
from pipeline.full_disk import full_disk
from pipeline.lake import Lake, ensure_writable
from pipeline.plan import Plan, facts_are_stale
from pipeline.progress import Progress
from pipeline.report_plan import REPORT, report_days
from pipeline.requests import range_tags
from pipeline.run_instance import run_instance
from pipeline.run_interrupts import interruptible
from pipeline.session_steps import session_steps
from pipeline.settings import AccountSettings, Settings
from pipeline.sources import trails_are_read
from pipeline.steps import FACTS, Step, late_steps, organization_steps, steps_of
from pipeline.trend_plan import stale_organization
from pipeline.usage_plan import USAGE_TABLES, unread_late_days
from pipeline.warehouse_plan import publish_steps


class Watcher(Progress, Protocol):
    """A `Progress` that is also told when a run begins."""

    def begin(self, step: Step, partitions: int) -> None:
        """A run begins that will write so many partitions."""
        ...


SessionDays = Callable[[AccountSettings], Sequence[date]]


@dataclass(frozen=True)
class RunOptions:
    """How plans are carried out.

    `anew`: live accounts are read again, though snapshots of today are there. With `checks` every table is checked when
    it is made, and an error keeps what is downstream from being made. A run takes at most `days_a_run` days.
    `reading_turn`: see `log_reading`.
    """

    anew: bool = False
    checks: bool = False
    days_a_run: int | None = None
    reading_turn: Path | None = None


@contextmanager
def runner(settings: Settings, watcher: Watcher, options: RunOptions) -> Iterator["Runner"]:
    """Give what carries plans of a configuration out. Raises `UnwritableError` where nothing can be written."""
    ensure_writable(settings.root)
    home = dagster_home()
    ensure_writable(home, "DAGSTER_HOME")
    os.environ["DAGSTER_HOME"] = str(home)
    with run_instance(home, settings) as instance:
        definitions = build_definitions(
            settings, watcher, anew=options.anew, checks=options.checks, reading_turn=options.reading_turn
        )
        # Dagster and what it was told are hundreds of thousands of objects that stay: the collector of cycles need not
        # look through them every few seconds.
        gc.freeze()
        try:
            yield Runner(settings, watcher, instance, definitions, options.days_a_run)
        finally:
            gc.unfreeze()


class Runner:
    """The definitions of one configuration and the instance that their runs are recorded in."""

    def __init__(
        self,
        settings: Settings,
        watcher: Watcher,
        instance: dg.DagsterInstance,
        definitions: dg.Definitions,
        days_a_run: int | None,
    ) -> None:
        """Take what `runner` made."""
        self._settings = settings
        self._watcher = watcher
        self._instance = instance
        self._lake = Lake(settings.root)
        self._days_a_run = days_a_run
        self._days_of_trends: set[date] = set()
        self._job = definitions.resolve_implicit_global_asset_job_def()
        self._jobs: dict[tuple[str, ...], dg.JobDefinition] = {}

    def facts(self) -> None:
        """Make the action lists where they are missing or old: every account's plan begins with them."""
        if facts_are_stale(self._lake):
            self._run(FACTS)

    def carry_out(self, plan: Plan) -> None:
        """Run what the plan names, then what its late deliveries make necessary, then what follows from it all."""
        account = self._settings.account(plan.account)
        trails = trails_are_read(self._settings, account)
        steps = steps_of(plan, account.name, trails=trails, days_a_run=self._days_a_run)
        read = [step for step in steps if USAGE_TABLES[0] in step.tables][-1:]
        for step in steps:
            # A run makes no page that is up to date: what came before may have left its inputs as they were.
            if step.tables == (REPORT,) and not report_days(self._lake, plan.account, plan.report):
                continue
            self._run(step)
            if [step] == read:
                late = unread_late_days(self._lake, self._settings, plan.account)
                for again in late_steps(plan, account.name, late, step):
                    self._run(again)
        self.made_trends(plan.trends)

    def made_trends(self, days: Iterable[date]) -> None:
        """Take note that trends of these days were made, here or elsewhere: the organisation's follow from them."""
        self._days_of_trends.update(days)

    def sessions(
        self, accounts: Sequence[AccountSettings], days_of: SessionDays
    ) -> dict[str, CloudTrackerError]:
        """Make the role sessions of these accounts, those of many in one run; return the errors by name."""
        wanted = {account.id: days_of(account) for account in accounts}
        names = {account.id: account.name for account in accounts}
        failed: dict[str, CloudTrackerError] = {}
        for step in session_steps(wanted, registered_accounts(self._instance), self._days_a_run):
            try:
                self._run(step)
            except CloudTrackerError as error:
                concerned = {one.account for one in step.partitions if isinstance(one, Partition)}
                failed |= {names[account]: error for account in sorted(concerned)}
        return failed

    def organization(self, days: Iterable[date] = ()) -> None:
        """Sum up these days, and those whose trends were made here, over all accounts; nothing that is up to date."""
        for step in organization_steps(stale_organization(self._lake, {*days, *self._days_of_trends})):
            self._run(step)

    def publish(self, accounts: Sequence[AccountSettings], window: Window) -> dict[str, CloudTrackerError]:
        """Load what is new of accounts into the warehouse, where one is configured; return the errors by name."""
        failed: dict[str, CloudTrackerError] = {}
        for account in accounts:
            try:
                for step in publish_steps(self._settings, account, window.days):
                    self._run(step)
            except CloudTrackerError as error:
                failed[account.name] = error
        return failed

    def _run(self, step: Step) -> None:
        tables, partitions = step.tables, step.partitions
        asked = [partition.key for partition in partitions]
        self._watcher.begin(step, len(tables) * max(1, len(asked)))
        with interruptible():
            result = _executed(self._job_of(tables), self._instance, range_tags(step))
        made = {
            event.partition
            for event in result.get_asset_materialization_events()
            if event.partition is not None
        }
        # A multi-partition range is a product of dimensions: it must not have become more, or less, than asked.
        if made != set(asked):
            raise RunError(
                f"the run made {number_of(len(made), 'partition')} where {len(asked):,} were asked for:"
                f" {asked[:1]} to {asked[-1:]}"
            )

    def _job_of(self, tables: tuple[str, ...]) -> dg.JobDefinition:
        # A job is cut to its tables, described and hashed once, not for every account anew.
        if tables not in self._jobs:
            keys = [dg.AssetKey(table) for table in tables]
            self._jobs[tables] = self._job.as_ephemeral_job({}, {}, asset_selection=keys)
        return self._jobs[tables]


def _executed(
    job: dg.JobDefinition, instance: dg.DagsterInstance, tags: dict[str, str]
) -> dg.ExecuteInProcessResult:
    # What `execute_in_process` does with a job that it has cut to a selection.
    try:
        result = core_execute_in_process(
            job=InMemoryJob(job),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            instance=instance,
            output_capturing_enabled=False,
            raise_on_error=True,
            run_tags=tags,
            asset_selection=frozenset(job.asset_selection or ()),
        )
        interrupts.checkpoint()
        return result
    except (Exception, pl.exceptions.PanicException, DagsterExecutionInterruptedError) as error:
        # What comes of an interrupt in the middle of something may be any error.
        if interrupts.received() or isinstance(error, DagsterExecutionInterruptedError):
            raise KeyboardInterrupt from None
        if not isinstance(error, (pl.exceptions.PanicException, dg.DagsterError)):
            raise
        cause = error.__cause__
        while cause is not None and not isinstance(cause, CloudTrackerError):
            cause = cause.__cause__
        if cause is not None:
            # Not from the error, whose cause it is: a chain that leads back into itself.
            raise cause from None
        raise _failure(error) from error


def _failure(error: BaseException) -> CloudTrackerError:
    if isinstance(error, DagsterAssetCheckFailedError):
        return RunError(
            "tables break what they promise, and what is downstream of them was not made;"
            f" 'cloudtracker checks' tells more: {' '.join(str(error).split())}"
        )
    return full_disk(error) or damaged(error) or RunError(f"a run failed: {error}")
