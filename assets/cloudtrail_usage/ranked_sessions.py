"""The sessions of a day that are few enough to be in memory: their usage in order, a range of them at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.session_kinds import SessionKinds
from assets.cloudtrail_usage.staged_files import groups
from assets.cloudtrail_usage.staging import staged, write_staged
from assets.cloudtrail_usage.streams import read_stream, read_streams
from assets.coded_text import coded_rows

# Some 15 MB: to cut each file by itself would make hundreds of times as many.
_ROWS_AT_A_TIME = 250_000
_NUMBERED, _RANGES = "numbered", "ranked"
# What many sessions have in common; most have a name and a key of their own.
_ALIKE = ("service", "source_identity", "on_behalf_of", "person")
# The order of the table, as far as the session: two numbers as one.
_ORDER = pl.col("principal").cast(pl.UInt64) * 2**32 + pl.col("session_rank")


def merge_ranked(
    staging: Path,
    day: int,
    partial: Sequence[Path],
    kinds: SessionKinds,
    sessions: pl.DataFrame,
    rows_at_a_time: int,
) -> Iterator[pl.DataFrame]:
    """Yield the rows of `session_usage` in order, about `rows_at_a_time` of the counts in `partial` at a time.

    `sessions` are those of `distinct_sessions`. Text that is the same in many rows is codes (`coded_text`).
    """
    orders, events = _numbered(staging, day, partial, kinds, sessions)
    # A range begins where the sum of the counts before it passes another `rows_at_a_time`.
    before = (pl.col("len").cum_sum() - pl.col("len")) // rows_at_a_time
    begins = orders.filter(before != before.shift())["order"]
    principals, ranks = (orders["order"] // 2**32).unique(), (orders["order"] % 2**32).unique()
    kinds = kinds.coded(principals, events)
    sessions = sessions.with_columns(coded_rows(sessions.select(_ALIKE), ranks))
    for number, files in enumerate(groups(staged(staging, day, _NUMBERED), _ROWS_AT_A_TIME)):
        rows = read_streams(files)
        cut = rows.with_columns(_range=begins.search_sorted(rows.select(_ORDER).to_series(), side="right"))
        for (part,), of_part in cut.partition_by("_range", as_dict=True, include_key=False).items():
            write_staged(staging, day, f"{_RANGES}{part:06}", f"{number:06}", of_part)
    for part in range(len(begins) + 1):
        files = staged(staging, day, f"{_RANGES}{part:06}")
        yield kinds.table(read_streams(files), sessions)


def _numbered(
    staging: Path, day: int, partial: Sequence[Path], kinds: SessionKinds, sessions: pl.DataFrame
) -> tuple[pl.DataFrame, pl.Series]:
    """Stage the counts with numbers for names, which would be many times as large.

    Return how many (`len`) there are of each `order`, ascending, and the numbers of the events among them.
    """
    counts, events = [], []
    for number, file in enumerate(partial):
        numbered = kinds.numbered(read_stream(file), sessions)
        write_staged(staging, day, _NUMBERED, f"{number:06}", numbered)
        counts.append(numbered.group_by(order=_ORDER).len())
        events.append(numbered["event"].unique())
    orders = pl.concat(counts).group_by("order").agg(pl.col("len").sum()).sort("order")
    return orders, pl.concat(events).unique()
