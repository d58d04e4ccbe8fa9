"""The staged events of a day into its usage: every event once, then counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.counted import EVENTS, SUMS, with_own_text
from assets.cloudtrail_usage.event_ids import with_texts
from assets.cloudtrail_usage.keys import API_CALL, KEY_SCHEMA
from assets.cloudtrail_usage.merge_assumptions import merge_assumptions
from assets.cloudtrail_usage.merge_sessions import merge_sessions, write_partial
from assets.cloudtrail_usage.schema import (
    CLOUDTRAIL_USAGE,
    CLOUDTRAIL_USAGE_KEY,
    ROLE_ASSUMPTIONS,
    SESSION_USAGE,
    as_columns,
)
from assets.cloudtrail_usage.service_sessions import service_sessions
from assets.cloudtrail_usage.session_kinds import SessionKinds
from assets.cloudtrail_usage.spilled import Spilled, distinct_rows
from assets.cloudtrail_usage.staging import StagedRows, day_folder, staged, write_spilled, write_staged
from assets.errors import RunError

# So many events are deduplicated at a time: it bounds the memory (to about 100 MB), not the day.
ROWS_AT_A_TIME = 500_000
_KEYS = {**KEY_SCHEMA, "code": pl.UInt64()}
# Files of rows that are cut at a time: one holds some 30,000.
_CUT_AT_A_TIME = 8


@dataclass(frozen=True)
class MergedDay:
    """A day's `usage` (the columns of the table), `counts` by region, and large tables: see `merge_day`."""

    usage: pl.DataFrame
    counts: pl.DataFrame
    assumptions: Spilled
    sessions: Spilled


def merge_day(staging: Path, day: int, events: int, rows_at_a_time: int = ROWS_AT_A_TIME) -> MergedDay:
    """Merge the staged `events` of a day, counted from 1970-01-01.

    An id is counted once; of copies that differ the smallest is taken, by the columns of the key, time and
    region. `usage` is sorted by its key. `counts` has a row per region that held events: `region` (UInt16, as
    staged), `permission_events`, `other_events`, `duplicates` (Int64), the copies counted where they lay.
    `assumptions` and `sessions` lie in the day's folder, until `staging.remove_day`.
    Raises RunError when two keys share a code.
    """
    rows, keys_files = StagedRows.of_day(staging, day), staged(staging, day, "keys")
    if not rows.files:
        usage = pl.DataFrame(schema=CLOUDTRAIL_USAGE)
        return MergedDay(usage, _no_counts(), Spilled(ROLE_ASSUMPTIONS), Spilled(SESSION_USAGE))
    made = day_folder(staging, day) / "made"
    codes = _coded(distinct_rows(keys_files, _KEYS), made / "keys.arrow")
    services = service_sessions(staging, day)
    by_code: list[pl.DataFrame] = []
    by_region = []
    for part, mine in enumerate(_parts(staging, day, rows, -(-events // rows_at_a_time))):
        unique, counts = deduplicated(mine, codes)
        by_code = _summed([*by_code, with_own_text(by_code_of(unique))])
        by_region.append(counts)
        write_partial(staging, day, part, unique, services)
    assumptions = merge_assumptions(staging, day, made)
    kinds = SessionKinds(pl.read_ipc(made / "keys.arrow"))
    sessions = merge_sessions(staging, day, kinds, services, made)
    keys = pl.read_ipc(made / "keys.arrow")
    return MergedDay(usage_of(pl.concat(by_code), keys), _counts(pl.concat(by_region)), assumptions, sessions)


def _coded(keys: pl.DataFrame, file: Path) -> pl.DataFrame:
    """Write the keys to a file, and return their codes: their text waits on the disk until events are counted."""
    codes = codes_of(keys)
    write_spilled(keys, file)
    return codes


def codes_of(keys: pl.DataFrame) -> pl.DataFrame:
    """Return the `code` of each key, its `rank` among them, and whether its events need a `permission`.

    Raises RunError when two keys share a code.
    """
    if keys["code"].is_duplicated().any():
        raise RunError(
            "two kinds of events got the same code while logs were read; run it again after an update"
        )
    ordered = keys.sort(*KEY_SCHEMA).with_row_index("rank")
    return ordered.select("code", "rank", permission=pl.col("event_type") == API_CALL)


def _parts(staging: Path, day: int, rows: StagedRows, parts: int) -> Iterator[pl.DataFrame]:
    """Yield the rows in parts: copies of an event are in one."""
    if parts <= 1:
        yield rows.read(rows.files)
        return
    # Filtered rows keep the text of all rows of their file in memory, so the parts are read from files of their own.
    for start in range(0, len(rows.files), _CUT_AT_A_TIME):
        read = rows.read(rows.files[start : start + _CUT_AT_A_TIME])
        cut = read.with_columns(part=pl.col("id").hash() % parts)
        for (part,), mine in cut.partition_by("part", as_dict=True, include_key=False).items():
            write_staged(staging, day, _part(part), f"{start:06}", mine)
    for part in range(parts):
        files = staged(staging, day, _part(part))
        if files:
            yield pl.concat(pl.read_ipc(file) for file in files)


def _part(part: int) -> str:
    return f"part{part:06}"


def deduplicated(rows: pl.DataFrame, codes: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows with one of each id, and per region how many of each kind there were.

    `codes` are those of `codes_of`.
    """
    copied = rows["id"].is_duplicated()
    # Copies are rare: only they are sorted.
    ranks = codes.select("code", "rank")
    copies = (
        rows.filter(copied).join(ranks, on="code").sort("id", "rank", "time", "region").select(rows.columns)
    )
    first = copies["id"].is_first_distinct()
    unique = pl.concat([rows.filter(~copied), copies.filter(first)])
    counted = [
        unique.group_by("region", "code").len().with_columns(duplicate=pl.lit(False)),
        copies.filter(~first).group_by("region", "code").len().with_columns(duplicate=pl.lit(True)),
    ]
    permissions = codes.select("code", "permission")
    counts = pl.concat(counted).join(permissions, on="code").group_by("region", "permission", "duplicate")
    return unique, counts.agg(pl.col("len").sum().cast(pl.Int64))


def by_code_of(unique: pl.DataFrame) -> pl.DataFrame:
    """Count distinct events (`code`, `time`, `id`) by code: `events`, `first_seen`, `last_seen`, `last_event_id`."""
    return unique.group_by("code").agg(**EVENTS)


def _summed(by_code: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Sum the counts of parts up: a part has most codes again, so that all of them would grow with the day."""
    if len(by_code) == 1:
        return by_code
    return [pl.concat(by_code).group_by("code").agg(**SUMS)]


def usage_of(by_code: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Return the usage that such counts are, a code any number of times; `keys` say what the codes mean."""
    ordered = keys.sort(*KEY_SCHEMA)
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in CLOUDTRAIL_USAGE_KEY)
    # Rows of a number each: text is copied once, for the rows of the table.
    ordered = ordered.with_columns(row=begins.cum_sum())
    counted = (
        by_code.join(ordered.select("code", "row", "service", "error_code"), on="code")
        .group_by("row")
        .agg(**SUMS, services=_distinct("service"), error_codes=_distinct("error_code"))
        .sort("row")
    )
    texts = ordered.select("row", *CLOUDTRAIL_USAGE_KEY).unique("row", keep="first")
    named = counted.join(texts, on="row", maintain_order="left")
    return as_columns(with_texts(named, "last_event_id"), CLOUDTRAIL_USAGE)


def _distinct(column: str) -> pl.Expr:
    return pl.col(column).filter(pl.col(column) != "").unique().sort()


def _counts(counts: pl.DataFrame) -> pl.DataFrame:
    events = pl.col("len")
    return counts.group_by("region").agg(
        permission_events=events.filter("permission", ~pl.col("duplicate")).sum(),
        other_events=events.filter(~pl.col("permission"), ~pl.col("duplicate")).sum(),
        duplicates=events.filter("duplicate").sum(),
    )


def _no_counts() -> pl.DataFrame:
    counted = dict.fromkeys(("permission_events", "other_events", "duplicates"), pl.Int64())
    return pl.DataFrame(schema={"region": pl.UInt16(), **counted})
