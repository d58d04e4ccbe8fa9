"""When role sessions have to be made: after the usage of all accounts, of the day and those before it."""

from datetime import date, timedelta

from assets.partitions import Partition
from assets.principal_diffs.coverage import Window
from assets.role_sessions.days import DAYS_BEFORE
from pipeline.lake import Lake
from pipeline.plan import Plan, facts_are_stale, grants_are_stale, ranges
from pipeline.settings import AccountSettings, Settings
from pipeline.usage_plan import stale_usage

SESSIONS = "role_sessions"
_INPUTS = ("role_assumptions", "session_usage")


def plan_sessions(
    lake: Lake, settings: Settings, account: AccountSettings, window: Window, *, stale_only: bool = True
) -> Plan:
    """Plan the role sessions of an account from what is stored: those that are stale, or all of the window."""
    days = [
        day for day in window.days if not stale_only or sessions_are_stale(lake, settings, account.id, day)
    ]
    return Plan(account.id, False, (), (), (), sessions=tuple(days))


def sessions_are_stale(lake: Lake, settings: Settings, account: str, day: date) -> bool:
    """Whether the sessions of a day are missing, or older than what any account's logs say of it."""
    written = lake.written_at(SESSIONS, Partition(day, account))
    if written is None:
        return True
    inputs = [
        lake.written_at(table, Partition(day - timedelta(days=before), one.id))
        for table in _INPUTS
        for one in settings.accounts
        for before in range(DAYS_BEFORE + 1)
    ]
    return any(time is not None and time > written for time in inputs)


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
