"""The changes of the days of a run, each against the nearest earlier day that is stored."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import polars as pl

from assets.expanded_grants.standing import standing
from assets.iam_snapshots.snapshot import details_of_some
from assets.partitions import Partition
from assets.permission_trends.changes import DIFF_COLUMNS, StoredDay, changes, stopped_in
from assets.permission_trends.schema import PERMISSION_CHANGES
from assets.permission_trends.stored import Stored, days_of, people_on, rows_on

READ = ("principal_diffs", "iam_snapshots", "expanded_grants", "grant_sources")
"""What must be stored of a day that another is compared with."""


@dataclass
class _Account:
    """What a run has read of an account: the stored days, the last day it compared, and the uses that ended."""

    days: list[date]
    stopped: list[pl.DataFrame] = field(default_factory=list)
    last: tuple[date, StoredDay] | None = None


def change_days(partitions: Iterable[Partition], stored: Stored) -> Iterator[tuple[Partition, pl.DataFrame]]:
    """Yield `permission_changes` for each partition, which must come in order.

    The day before is the nearest earlier stored one (`compared_with` names it); the first stored day has no rows.
    Raises `StorageError` where the day's own tables are not stored.
    """
    accounts: dict[str, _Account] = {}
    for partition in partitions:
        if partition.account not in accounts:
            accounts[partition.account] = _begin(partition, stored)
        yield partition, _changes(partition, stored, accounts[partition.account])


def _begin(first: Partition, stored: Stored) -> _Account:
    earlier = [one for one in stored.partitions("permission_changes", first.account) if one.day < first.day]
    ended = stopped_in(stored.scan("permission_changes", earlier)).collect()
    return _Account(days_of(stored, READ, first.account), [ended])


def _changes(partition: Partition, stored: Stored, account: _Account) -> pl.DataFrame:
    after = _read(partition, stored)
    at = bisect_left(account.days, partition.day)
    if at == 0:
        account.last = (partition.day, after)
        return pl.DataFrame(schema=PERMISSION_CHANGES)
    day = account.days[at - 1]
    if account.last is not None and account.last[0] == day:
        before = account.last[1]
    else:
        before = _read(Partition(day, partition.account), stored)
    rows = changes(before, after, pl.concat(account.stopped))
    account.last = (partition.day, after)
    account.stopped.append(stopped_in(rows.lazy()).collect())
    return rows.with_columns(compared_with=pl.lit(day)).select(list(PERMISSION_CHANGES))


def _read(partition: Partition, stored: Stored) -> StoredDay:
    return StoredDay(
        people=people_on(stored, partition),
        diff=rows_on(stored, "principal_diffs", partition).select(DIFF_COLUMNS).collect(),
        grants=rows_on(stored, "expanded_grants", partition),
        sources=rows_on(stored, "grant_sources", partition),
        standing=partial(_standing, partition, stored),
    )


def _standing(
    partition: Partition, stored: Stored, principal_arns: Collection[str], patterns: Collection[str]
) -> pl.DataFrame:
    details = details_of_some(rows_on(stored, "iam_snapshots", partition), principal_arns)
    return standing(details, principal_arns, patterns)
