"""From a plan to the runs that carry it out, in order: the command line and the schedules take the same steps.

No Dagster in here: a step says which tables of which partitions one run makes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from assets.partitions import AccountPartition, AnyPartition, DayPartition, Partition
from assets.principal_diffs.coverage import Window
from pipeline.plan import FACT_TABLES, GRANT_TABLES, SNAPSHOT, TRAILS, UNMAPPED, Plan, ranges
from pipeline.report_plan import REPORT
from pipeline.trend_plan import HISTORY_TABLES, ORGANIZATION, TREND_TABLES
from pipeline.usage_plan import USAGE_TABLES

DIFFS = "principal_diffs"
ALL_ACCOUNTS = "all accounts"
DAYS_A_RUN = 31
"""Most days of one run of `cloudtracker run`, the schedule or a sensor: of a year that is stopped, a month is lost."""


@dataclass(frozen=True)
class Step:
    """One run: these tables of a range of partitions, in order; none for unpartitioned tables.

    `what` is its name for people. A range is one of days of an account, of days, or one account.
    """

    what: str
    tables: tuple[str, ...]
    partitions: tuple[AnyPartition, ...] = ()

    @property
    def told(self) -> str:
        """The run in a line: whose, of which days, from which table to which."""
        days = sorted({one.day for one in self.partitions if not isinstance(one, AccountPartition)})
        range_ = f", {days[0]} to {days[-1]}" if days else ""
        tables = " to ".join(dict.fromkeys((self.tables[0], self.tables[-1])))
        return f"{self.what}{range_}: {tables}"


FACTS = Step("action lists", FACT_TABLES)
"""The run that makes the tables of facts, which all accounts share."""


def steps_of(plan: Plan, name: str, *, trails: bool, days_a_run: int | None = None) -> list[Step]:
    """Return the runs of a plan, what comes first first; `name` is the account's.

    `trails`: the account's trails are read. No run makes more than `days_a_run` days, where a number is given.
    """
    cut = _Cut(plan.account, name, days_a_run)
    return [*_verdicts(plan, cut, trails), *_following(plan, cut)]


def late_steps(plan: Plan, name: str, late: Sequence[date], made: Step) -> list[Step]:
    """Return the runs that make those days again whose events were found in files of other days.

    `made` is the run that read the logs: where it made the plan's diffs too, those over the days are made again.
    """
    if not late:
        return []
    cut = _Cut(plan.account, name, None)
    steps = cut.days((*USAGE_TABLES, UNMAPPED), late, f"{name}, late deliveries")
    if DIFFS in made.tables:
        steps += cut.days((DIFFS,), [day for day in plan.diffs if day >= min(late)])
    return steps


def organization_steps(days: Iterable[date]) -> list[Step]:
    """Return the runs that sum those days up over all accounts."""
    return [
        Step(ALL_ACCOUNTS, (ORGANIZATION,), tuple(DayPartition(day) for day in window.days))
        for window in ranges(days)
    ]


@dataclass(frozen=True)
class _Cut:
    """Cuts days of an account into runs."""

    account: str
    name: str
    days_a_run: int | None

    def days(self, tables: Sequence[str], days: Iterable[date], what: str | None = None) -> list[Step]:
        return [
            Step(what or self.name, tuple(tables), tuple(Partition(day, self.account) for day in part.days))
            for window in ranges(days)
            for part in self._parts(window)
        ]

    def windows(self, tables: Sequence[str], windows: Iterable[Window]) -> list[Step]:
        return [step for window in windows for step in self.days(tables, window.days)]

    def _parts(self, window: Window) -> list[Window]:
        return cut_into(window, self.days_a_run or window.length)


def cut_into(window: Window, days: int) -> list[Window]:
    """Cut a window into windows of so many days; the last may be shorter."""
    starts = [window.start + timedelta(days=n) for n in range(0, window.length, days)]
    return [Window(start, min(window.end, start + timedelta(days=days - 1))) for start in starts]


def _verdicts(plan: Plan, cut: _Cut, with_trails: bool) -> list[Step]:
    trails = (TRAILS,) if with_trails else ()
    steps = [FACTS] if plan.facts else []
    steps += cut.days((SNAPSHOT, *trails), plan.snapshots)
    usage, grants = (*USAGE_TABLES, UNMAPPED), (*GRANT_TABLES, *trails)
    if plan.usage == tuple(ranges(plan.grants)) == tuple(ranges(plan.diffs)):
        return [*steps, *cut.windows((*usage, *grants, DIFFS), plan.usage)]
    steps += cut.windows(usage, plan.usage)
    steps += cut.days((UNMAPPED,), plan.unmapped)
    if plan.grants == plan.diffs:
        return [*steps, *cut.days((*grants, DIFFS), plan.grants)]
    return [*steps, *cut.days(grants, plan.grants), *cut.days((DIFFS,), plan.diffs)]


def _following(plan: Plan, cut: _Cut) -> list[Step]:
    steps = cut.days(TREND_TABLES, plan.trends)
    if plan.history:
        steps.append(Step(cut.name, HISTORY_TABLES, (AccountPartition(plan.account),)))
    return steps + cut.days((REPORT,), [plan.report] if plan.report else [])
