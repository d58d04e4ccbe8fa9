"""The sessions of days: which rows of the tables each one is made from."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import polars as pl

from assets.partitions import Partition
from assets.role_sessions.copies import READ
from assets.role_sessions.sessions import sessions_of

DAYS_BEFORE = 2
"""A session lives 12 hours at most, a federation or session token 36: none began earlier than two days before."""


def session_days(
    partitions: Iterable[Partition], assumptions: pl.LazyFrame, usage: pl.LazyFrame, staging: Path
) -> Iterator[tuple[Partition, pl.DataFrame]]:
    """Yield `role_sessions` for each partition, from the day and the two before it, of all accounts.

    `staging`: see `sessions.sessions_of`.
    """
    for day, wanted in groupby(sorted(partitions), key=lambda partition: partition.day):
        near = pl.col("day").is_between(day - timedelta(days=DAYS_BEFORE), day)
        # Of the days before, session_usage only tells which roles are services'.
        needed = near & ((pl.col("day") == day) | ((pl.col("service") != "") & (pl.col("session") == "")))
        begun = assumptions.filter(near & (pl.col("outcome") == "ok")).select(READ)
        made = sessions_of(begun.collect(), usage.filter(needed), day, staging)
        sessions, accounts = made.drop("account"), made["account"]
        for partition in wanted:
            # Gathered, not filtered: the rows of an account lie together, and what is only cut out of all the rows
            # keeps their lists, of which each file would hold the names of all accounts.
            yield partition, sessions[(accounts == partition.account).arg_true()]
