"""Keeping the history of an account up to its stored diffs: only the days that changed are read."""

from collections.abc import Iterable, Iterator
from datetime import date

import polars as pl

from assets.partitions import AccountPartition, Partition
from assets.permission_trends.history import in_order, with_day
from assets.permission_trends.schema import HISTORY_DAYS, PERMISSION_HISTORY
from assets.permission_trends.stored import Stored

Parts = Iterator[tuple[AccountPartition, pl.DataFrame]]
_HISTORY, _DAYS, _DIFFS = "permission_history", "permission_history_days", "principal_diffs"


class Histories:
    """The histories of the accounts of a run: `histories` is run through first, `days` says what they hold.

    The order matters to a run that is killed between the two: days that are in the history and not in its
    bookkeeping are read again, which changes nothing; the other way round they would be missing for good.
    """

    def __init__(self, accounts: Iterable[AccountPartition], stored: Stored) -> None:
        """Keep what is to be made, and from what."""
        self._accounts = list(accounts)
        self._stored = stored
        self._days: dict[AccountPartition, list[date]] = {}

    def histories(self) -> Parts:
        """Yield `permission_history` for each account."""
        for account in self._accounts:
            history = self._stored.scan(_HISTORY, [account]).select(list(PERMISSION_HISTORY)).collect()
            days = history_days(self._stored, account)
            for day in unlike(self._stored, account):
                diff = _diff(self._stored, Partition(day, account.account))
                history = with_day(history, sorted(days), day, diff)
                days = (days - {day}) if diff is None else (days | {day})
            self._days[account] = sorted(days)
            yield account, in_order(history)

    def days(self) -> Parts:
        """Yield `permission_history_days`; `histories` must have been run through."""
        for account, days in self._days.items():
            yield account, pl.DataFrame({"day": days}, schema=HISTORY_DAYS)


def history_days(stored: Stored, account: AccountPartition) -> set[date]:
    """Return the days that the stored history of an account holds."""
    if stored.written_at(_HISTORY, account) is None:
        return set()
    return set(stored.scan(_DAYS, [account]).select("day").collect()["day"].to_list())


def unlike(stored: Stored, account: AccountPartition) -> list[date]:
    """Return the days, in order, whose diff was made since the history was, or is gone, or is new to it."""
    held = history_days(stored, account)
    written = [stored.written_at(table, account) for table in (_HISTORY, _DAYS)]
    times = [time for time in written if time is not None]
    partitions = stored.partitions(_DIFFS, account.account)
    if len(times) < len(written):
        # Without one of the two files nothing is known of what the other says.
        return sorted({*held, *(one.day for one in partitions)})
    made = min(times)
    newer = {one.day for one in partitions if (time := stored.written_at(_DIFFS, one)) and time > made}
    return sorted(newer | (held ^ {one.day for one in partitions}))


def _diff(stored: Stored, partition: Partition) -> pl.DataFrame | None:
    if not stored.existing(_DIFFS, [partition]):
        return None
    columns = ["principal_arn", "principal_id", "action", "status"]
    return stored.scan(_DIFFS, [partition]).select(columns).collect()
