"""The trends of the organisation: all accounts of a day in one row."""

from collections.abc import Iterable, Iterator

import polars as pl

from assets.partitions import DayPartition
from assets.permission_trends.stored import Stored
from assets.permission_trends.trends import organization_trends

ACCOUNTS = "account_trends"


def organization_days(
    days: Iterable[DayPartition], stored: Stored
) -> Iterator[tuple[DayPartition, pl.DataFrame]]:
    """Yield `organization_trends` for each day, of every account that is stored for it."""
    wanted = list(days)
    partitions = stored.partitions(ACCOUNTS)
    for day in wanted:
        rows = stored.scan(ACCOUNTS, [one for one in partitions if one.day == day.day]).drop("day").collect()
        yield day, organization_trends(rows)
