"""The deduplicated events of a day into `session_usage`, the sessions of services taken together."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.ahead import ahead
from assets.cloudtrail_usage.ranked_sessions import merge_ranked
from assets.cloudtrail_usage.schema import SESSION_USAGE, SESSION_USAGE_KEY
from assets.cloudtrail_usage.session_keys import NO_SESSION, SESSION_SCHEMA
from assets.cloudtrail_usage.session_kinds import ORDER, SessionKinds, distinct_sessions
from assets.cloudtrail_usage.spilled import Spilled, ranges, write_spilled
from assets.cloudtrail_usage.staged_files import distinct_rows, rows_in
from assets.cloudtrail_usage.staging import staged, write_staged
from assets.cloudtrail_usage.streams import read_stream

# Their rows are wide: so many take about 10 MB while they are merged.
SESSIONS_AT_A_TIME = 10_000
# Whoever reads them has several of the files in memory.
_ROWS_A_FILE = 8_000
# Numbers are narrow, and the parts of a day have most of them again.
_COUNTS_A_ROW = 3
# So many take about 50 MB.
RANKED_SESSIONS = 100_000
_PARTIAL, _UNSORTED = "partial", "unsorted"
_PARTIALS = ("session_code", "code", "events", "first_seen", "last_seen", "last_event_id")
_SESSIONS = {**SESSION_SCHEMA, "session_code": pl.UInt64()}
# What the ranges of a large table are cut by: the first columns of the key.
_ORDER = pl.concat_str(*ORDER, "session", separator="\0")


def of_services(rows: pl.DataFrame, services: pl.DataFrame) -> pl.DataFrame:
    """Return rows with a `session_code` with that of the service instead, where `services` says so.

    `services` is that of `service_sessions`.
    """
    known = services.select("session_code", "service_code")
    named = rows.join(known, on="session_code", how="left")
    return named.with_columns(session_code=pl.coalesce("service_code", "session_code")).drop("service_code")


def write_counted(staging: Path, day: int, name: str, counted: pl.DataFrame) -> None:
    """Stage what was counted by session (`of_services`) and code, in any order; `name` is unique for the day."""
    acted = counted.filter(pl.col("session_code") != NO_SESSION)
    write_staged(staging, day, _PARTIAL, name, acted.select(_PARTIALS))


def merge_sessions(
    staging: Path,
    day: int,
    kinds: SessionKinds,
    services: pl.DataFrame,
    made: Path,
    rows_at_a_time: int = SESSIONS_AT_A_TIME,
    ranked: int = RANKED_SESSIONS,
) -> Spilled:
    """Merge what `write_counted` staged into files below `made`; `kinds` are those of the day.

    Where there are no more than `ranked` sessions, they are in memory together, and some of the text is codes
    (`coded_text`). Raises RunError when two sessions share a code.
    """
    counts, sessions = staged(staging, day, _PARTIAL), staged(staging, day, "sessions")
    if not counts:
        return Spilled(SESSION_USAGE)
    if _sessions_in(sessions) <= ranked:
        tables = merge_ranked(
            staging,
            day,
            counts,
            kinds,
            # Nobody else holds them: they are many, and made smaller.
            distinct_sessions(pl.concat([distinct_rows(sessions, _SESSIONS), _rows_of(services)])),
            _COUNTS_A_ROW * rows_at_a_time,
        )
    else:
        tables = _merge_unranked(staging, day, kinds, services, rows_at_a_time)
    with ThreadPoolExecutor(1) as writer:
        # A range is written while the next one is made.
        written = ahead(writer, partial(_write_range, made), enumerate(tables), most=1)
        return Spilled(SESSION_USAGE, tuple(file for files in written for file in files))


def _write_range(made: Path, numbered: tuple[int, pl.DataFrame]) -> list[Path]:
    number, rows = numbered
    files = []
    for piece, some in enumerate(rows.iter_slices(_ROWS_A_FILE)):
        files.append(made / f"sessions-{number:06}-{piece:06}.arrow")
        write_spilled(some, files[-1])
    return files


def _merge_unranked(
    staging: Path, day: int, kinds: SessionKinds, services: pl.DataFrame, rows_at_a_time: int
) -> Iterator[pl.DataFrame]:
    """Yield the rows in order, a range at a time: first made for some sessions after the others, then put in order."""
    partial, sessions = staged(staging, day, _PARTIAL), staged(staging, day, "sessions")
    parts = -(-rows_in(partial) // rows_at_a_time)
    for part in range(parts):
        mine = pl.col("session_code") % parts == part
        counted = pl.concat(read_stream(file).filter(mine) for file in partial)
        # Most sessions of a busy day are services': their rows stay on the disk.
        named = [read_stream(file).join(counted, on="session_code", how="semi") for file in sessions]
        usage = kinds.usage(counted, distinct_sessions(pl.concat([*named, _rows_of(services)])))
        write_staged(staging, day, _UNSORTED, f"{part:06}", usage.with_columns(order=_ORDER))
    for rows in ranges(staged(staging, day, _UNSORTED), "order", rows_at_a_time):
        yield rows.select(*SESSION_USAGE).sort(SESSION_USAGE_KEY)


def _sessions_in(files: list[Path]) -> int:
    # A session is staged again by every process, and where it had been forgotten.
    codes = [read_stream(file, ["session_code"]) for file in files]
    return pl.concat(codes).n_unique() if codes else 0


def _rows_of(services: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that `SessionKeys` has for sessions of services."""
    text = {name: pl.lit("") for name in SESSION_SCHEMA if name not in ("session_created", "service")}
    found = services.select("service", session_code="service_code").unique()
    return found.with_columns(**text, session_created=pl.lit(None, pl.Int64)).select(
        *SESSION_SCHEMA, "session_code"
    )
