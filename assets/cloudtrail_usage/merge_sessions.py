"""The deduplicated events of a day into `session_usage`, the sessions of services taken together."""

from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.schema import SESSION_USAGE, SESSION_USAGE_KEY, as_columns
from assets.cloudtrail_usage.session_keys import NO_SESSION, SESSION_IDENTITY, SESSION_SCHEMA
from assets.cloudtrail_usage.spilled import Spilled, part_of, ranges, rows_in
from assets.cloudtrail_usage.staging import staged, write_spilled, write_staged
from assets.errors import RunError

# Their rows are wide: so many take about 30 MB while they are merged.
SESSIONS_AT_A_TIME = 30_000
_PARTIAL, _UNSORTED = "partial", "unsorted"
_PARTIALS = {
    "session_code": pl.UInt64(),
    "code": pl.UInt64(),
    "events": pl.Int64(),
    "first_seen": pl.Int64(),
    "last_seen": pl.Int64(),
    "last_event_id": pl.String(),
}
# Columns of the usage, and what a key calls them.
_PRINCIPAL = {
    "role_id": "principal_id",
    "role_arn": "principal_arn",
    "role_account": "principal_account",
    "session_type": "principal_type",
}
_EVENT = ("event_source", "event_name", "event_type", "outcome")
# What the ranges of a large table are cut by: the first columns of the key.
_ORDER = pl.concat_str(*_PRINCIPAL, "session", separator="\0")


def write_partial(staging: Path, day: int, part: int, unique: pl.DataFrame, services: pl.DataFrame) -> None:
    """Count the distinct events of a part of a day by session and code, and stage that.

    `services` is that of `service_sessions`.
    """
    acted = unique.filter(pl.col("session_code") != NO_SESSION).join(services, on="session_code", how="left")
    last = pl.col("time").max()
    partial = (
        acted.with_columns(session_code=pl.coalesce("service_code", "session_code"))
        .group_by("session_code", "code")
        .agg(
            events=pl.len().cast(pl.Int64),
            first_seen=pl.col("time").min(),
            last_seen=last,
            last_event_id=pl.col("id").filter(pl.col("time") == last).min(),
        )
    )
    write_staged(staging, day, _PARTIAL, f"{part:06}", partial)


def write_counted(staging: Path, day: int, part: int, counted: pl.DataFrame, services: pl.DataFrame) -> None:
    """Stage what somebody has counted by session and code already: columns of `_PARTIALS`, in any order."""
    acted = counted.filter(pl.col("session_code") != NO_SESSION).join(services, on="session_code", how="left")
    named = acted.with_columns(session_code=pl.coalesce("service_code", "session_code"))
    write_staged(staging, day, _PARTIAL, f"{part:06}", named.select(*_PARTIALS))


def merge_sessions(
    staging: Path,
    day: int,
    keys: pl.DataFrame,
    services: pl.DataFrame,
    made: Path,
    rows_at_a_time: int = SESSIONS_AT_A_TIME,
) -> Spilled:
    """Merge what `write_partial` staged into files below `made`. `keys`: the day's distinct keys, with `code`.

    Raises RunError when two sessions share a code.
    """
    partial, sessions = staged(staging, day, _PARTIAL), staged(staging, day, "sessions")
    parts = -(-rows_in(partial) // rows_at_a_time)
    kinds = _Kinds(keys)
    for part in range(parts):
        mine = pl.col("session_code") % parts == part
        counted = part_of(partial, mine, _PARTIALS)
        # Most sessions of a busy day are services': their rows stay on the disk.
        named = [pl.read_parquet(file).join(counted, on="session_code", how="semi") for file in sessions]
        usage = kinds.usage(counted, _distinct_sessions(pl.concat([*named, _rows_of(services)])))
        if parts == 1:
            write_spilled(usage, made / "sessions-0000.parquet")
            return Spilled(SESSION_USAGE, (made / "sessions-0000.parquet",))
        write_staged(staging, day, _UNSORTED, f"{part:06}", usage.with_columns(order=_ORDER))
    files = []
    for n, rows in enumerate(ranges(staged(staging, day, _UNSORTED), "order", rows_at_a_time)):
        files.append(made / f"sessions-{n:04}.parquet")
        write_spilled(rows.select(*SESSION_USAGE).sort(SESSION_USAGE_KEY), files[-1])
    return Spilled(SESSION_USAGE, tuple(files))


def _rows_of(services: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that `SessionKeys` has for sessions of services."""
    text = {name: pl.lit("") for name in SESSION_SCHEMA if name not in ("session_created", "service")}
    found = services.select("service", session_code="service_code").unique()
    return found.with_columns(**text, session_created=pl.lit(None, pl.Int64)).select(
        *SESSION_SCHEMA, "session_code"
    )


def _distinct_sessions(sessions: pl.DataFrame) -> pl.DataFrame:
    said = [name for name in SESSION_SCHEMA if name not in SESSION_IDENTITY]
    distinct = sessions.group_by("session_code", *SESSION_IDENTITY).agg(pl.col(said).max())
    if distinct["session_code"].is_duplicated().any():
        raise RunError("two sessions got the same code while logs were read; run it again after an update")
    return distinct.sort(SESSION_IDENTITY).with_row_index("session_rank")


class _Kinds:
    """The principals and the kinds of events of a day, in order: what is counted is grouped by their numbers."""

    def __init__(self, keys: pl.DataFrame) -> None:
        named = keys.select("code", *_EVENT, **{name: pl.col(of) for name, of in _PRINCIPAL.items()})
        self._principals = named.select(*_PRINCIPAL).unique().sort(*_PRINCIPAL).with_row_index("principal")
        self._events = named.select(_EVENT).unique().sort(_EVENT).with_row_index("event")
        self._of_code = (
            named.join(self._principals, on=list(_PRINCIPAL))
            .join(self._events, on=_EVENT)
            .select("code", "principal", "event")
        )

    def usage(self, partial: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of the table, sorted by its key."""
        last = pl.col("last_seen").max()
        ranks = ("principal", "session_rank", "event")
        counted = (
            partial.join(sessions.select("session_code", "session_rank"), on="session_code")
            .join(self._of_code, on="code")
            .group_by(ranks)
            .agg(
                pl.col("events").sum(),
                pl.col("first_seen").min(),
                last,
                last_event_id=pl.col("last_event_id").filter(pl.col("last_seen") == last).min(),
            )
            .sort(ranks)
        )
        usage = (
            counted.join(self._principals, on="principal", maintain_order="left")
            .join(sessions, on="session_rank", maintain_order="left")
            .join(self._events, on="event", maintain_order="left")
        )
        named = usage.with_columns(
            session_name=pl.col("session").str.splitn(":", 2).struct.field("field_1").fill_null("")
        )
        return as_columns(named, SESSION_USAGE)
