"""Which trends, changes and histories have to be made before they can be read: make's rule, as in `pipeline.plan`."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from assets.partitions import AccountPartition, DayPartition, Partition
from assets.permission_trends.change_days import READ
from assets.permission_trends.history_days import unlike
from assets.permission_trends.stored import days_of
from pipeline.lake import Lake

TREND_TABLES = ("permission_trends", "account_trends", "permission_changes")
HISTORY_TABLES = ("permission_history", "permission_history_days")
ORGANIZATION = "organization_trends"


def stale_trends(
    lake: Lake, account: str, days: Iterable[date], remade: Iterable[date], configured_at: datetime
) -> list[date]:
    """Return those of the days whose trends or changes are missing or older than what they are made from.

    `remade` are the days whose diffs are about to be made. Changes follow from two days, and from the changes
    before them (which know what was used once): so a day is stale where the one before it is.
    """
    fresh = set(remade)
    stored = sorted({*days_of(lake, READ, account), *fresh})
    wanted = set(days).intersection(stored)
    stale: set[date] = set()
    for n, day in enumerate(stored):
        if day not in wanted:
            continue
        before = stored[n - 1] if n else None
        if (
            day in fresh
            or before in stale
            or before in fresh
            or _is_stale(lake, account, day, before, configured_at)
        ):
            stale.add(day)
    return sorted(stale)


def with_next_day(lake: Lake, account: str, days: Sequence[date]) -> tuple[date, ...]:
    """Return the days and the next stored day after them: it was compared with what lay before them until now."""
    stored = days_of(lake, READ, account)
    at = bisect_right(stored, max(days)) if days else len(stored)
    return (*days, *stored[at : at + 1])


def stored_trends(lake: Lake, account: str, day: date) -> tuple[date, ...]:
    """Return the day and the next stored day after it, as far as their trends are stored: they follow from its diff.

    Whoever makes a diff again to answer from it takes along what was made from it; what nobody made is not begun.
    """
    days = with_next_day(lake, account, (day,))
    return tuple(one for one in days if lake.written_at(TREND_TABLES[0], Partition(one, account)) is not None)


def history_is_stored(lake: Lake, account: str) -> bool:
    """Whether an account has a history."""
    return lake.written_at(HISTORY_TABLES[0], AccountPartition(account)) is not None


def _is_stale(lake: Lake, account: str, day: date, before: date | None, configured_at: datetime) -> bool:
    written = [lake.written_at(table, Partition(day, account)) for table in TREND_TABLES]
    times = [time for time in written if time is not None]
    if len(times) < len(written):
        return True
    inputs = [lake.written_at(table, Partition(day, account)) for table in READ]
    if before is not None:
        inputs += [
            lake.written_at(table, Partition(before, account)) for table in (*READ, "permission_changes")
        ]
    return any(time is not None and time > min(times) for time in (*inputs, configured_at))


def history_is_stale(lake: Lake, account: str) -> bool:
    """Whether the history of an account does not hold exactly what the stored diffs say."""
    partition = AccountPartition(account)
    missing = any(lake.written_at(table, partition) is None for table in HISTORY_TABLES)
    return missing or bool(unlike(lake, partition))


def stale_organization(lake: Lake, days: Iterable[date]) -> list[date]:
    """Return those of the days whose row of the organisation is missing or older than an account's."""
    newest: dict[date, datetime] = {}
    wanted = set(days)
    for one in lake.partitions("account_trends"):
        if one.day in wanted and (time := lake.written_at("account_trends", one)) is not None:
            newest[one.day] = max(time, newest.get(one.day, time))
    made = {day: lake.written_at(ORGANIZATION, DayPartition(day)) for day in newest}
    return sorted(day for day, time in made.items() if time is None or newest[day] > time)
