"""When role sessions have to be made: after the usage of all accounts, of the day and those before it."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import cache

from assets.partitions import Partition
from assets.principal_diffs.coverage import Window
from assets.role_sessions.days import DAYS_BEFORE
from pipeline.lake import Lake
from pipeline.plan import Plan, facts_are_stale, grants_are_stale, ranges
from pipeline.settings import AccountSettings, Settings
from pipeline.usage_plan import stale_usage

SESSIONS = "role_sessions"
_INPUTS = ("role_assumptions", "session_usage")


Newest = Callable[[date], datetime | None]


def newest_inputs(lake: Lake, settings: Settings) -> Newest:
    """Return what says when the newest of what sessions of a day are made from was written, of any account (UTC).

    A day is looked at once, all accounts' files of it: whoever asks for several accounts asks the same one.
    """

    @cache
    def newest(day: date) -> datetime | None:
        times = (
            lake.written_at(table, Partition(day, one.id)) for table in _INPUTS for one in settings.accounts
        )
        return max((time for time in times if time is not None), default=None)

    return newest


def stale_sessions(
    lake: Lake, settings: Settings, account: str, days: Iterable[date], newest: Newest | None = None
) -> list[date]:
    """Return the days whose sessions are missing, or older than what any account's logs say of them."""
    newest = newest or newest_inputs(lake, settings)

    def is_stale(day: date) -> bool:
        written = lake.written_at(SESSIONS, Partition(day, account))
        inputs = (newest(day - timedelta(days=before)) for before in range(DAYS_BEFORE + 1))
        return written is None or any(time is not None and time > written for time in inputs)

    return [day for day in days if is_stale(day)]


def plan_inputs(
    lake: Lake, settings: Settings, account: AccountSettings, window: Window, *, granted: bool
) -> Plan:
    """Plan what sessions of a window need of one account: its usage, from the days before the window on.

    `granted`: the grants of the window's last day, too.
    """
    facts = facts_are_stale(lake)
    first = max(settings.first_day, window.start - timedelta(days=DAYS_BEFORE))
    usage = stale_usage(lake, settings, account.id, Window(first, window.end).days)
    grants = granted and (facts or grants_are_stale(lake, settings, account, window.end))
    return Plan(account.id, facts, tuple(ranges(usage)), (window.end,) if grants else (), ())
