"""Every event of a day once: copies lie in several files, and the few that differ are decided by order."""

import polars as pl

from assets.cloudtrail_usage.counted import EVENTS, SUMS
from assets.cloudtrail_usage.staged_files import rows_in
from assets.cloudtrail_usage.staging import StagedRows

# Hashes of so many ids take 32 MB.
HASHES_AT_A_TIME = 4_000_000


def repeated_hashes(rows: StagedRows, hashes_at_a_time: int = HASHES_AT_A_TIME) -> pl.Series:
    """Return the hashes (UInt64, ascending) that more than one row has: those of events with copies, and few others.

    Of nearly all events there is one, so that only these have to be brought together.
    """
    parts = -(-rows_in(rows.files) // hashes_at_a_time)
    found = [pl.Series(dtype=pl.UInt64())]
    for part in range(parts):
        hashes = (hash_of(rows.ids(file)) for file in rows.files)
        mine = pl.concat(some.filter(some % parts == part) for some in hashes).sort()
        found.append(mine.filter(mine == mine.shift()).unique())
    return pl.concat(found).sort()


def hash_of(ids: pl.Series) -> pl.Series:
    """Return the hash (UInt64) of each id: equal ids have one, in every process."""
    return ids.hash()


def are_among(hashes: pl.Series, ascending: pl.Series) -> pl.Series:
    """Say of each hash whether it is among others."""
    if len(ascending) <= len(hashes):
        return hashes.is_in(ascending.implode())
    # Where every event was delivered twice, a set of them would take long to make, and much memory.
    at = ascending.search_sorted(hashes).clip(upper_bound=len(ascending) - 1)
    return ascending.gather(at) == hashes


def deduplicated(rows: pl.DataFrame, codes: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows with one of each id, and per region how many of each kind there were.

    `codes` are those of `day_keys.DayKeys`. Of copies that differ the smallest is taken, by rank, time and region.
    """
    copied = rows["id"].is_duplicated()
    # Copies are rare: only they are sorted.
    ranks = codes.select("code", "rank")
    copies = (
        rows.filter(copied).join(ranks, on="code").sort("id", "rank", "time", "region").select(rows.columns)
    )
    first = copies["id"].is_first_distinct()
    unique = pl.concat([rows.filter(~copied), copies.filter(first)])
    counts = [
        by_region(unique, codes, duplicate=False),
        by_region(copies.filter(~first), codes, duplicate=True),
    ]
    return unique, pl.concat(counts)


def by_region(rows: pl.DataFrame, codes: pl.DataFrame, *, duplicate: bool) -> pl.DataFrame:
    """Count rows: `region`, `permission` (whether they need one), `duplicate` as given, `len` (Int64)."""
    others = codes.filter(~pl.col("permission"))["code"]
    counted = rows.select("region", permission=~pl.col("code").is_in(others.implode()))
    return counted.group_by("region", "permission").agg(
        duplicate=pl.lit(duplicate), len=pl.len().cast(pl.Int64)
    )


def by_session_of(unique: pl.DataFrame) -> pl.DataFrame:
    """Count distinct events by `session_code` and `code`: columns of `counted.EVENTS`."""
    return unique.group_by("session_code", "code").agg(**EVENTS)


def by_code_of(by_session: pl.DataFrame) -> pl.DataFrame:
    """Count what was counted by session by `code` alone: columns of `counted.EVENTS`."""
    return by_session.group_by("code").agg(**SUMS)
