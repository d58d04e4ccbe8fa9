"""The sessions of a day, and who is behind each."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.staging import staging_folder
from assets.role_sessions.copies import one_each
from assets.role_sessions.links import SWITCH, linked
from assets.role_sessions.origins import ORIGIN, by_itself, origins, parents_of, rank_of
from assets.role_sessions.parts import Frames, Waiting, cut_into, part_of
from assets.role_sessions.schema import KEY, ROLE_SESSIONS
from assets.role_sessions.session_ids import identified, last_of, told_apart
from assets.role_sessions.units import ties_of, units_of

_TOKENS = ("GetSessionToken", "GetFederationToken")
# So many take about 300 MB while sessions are made of them.
ROWS_AT_A_TIME = 200_000
_FOUND = ("assumption", *ORIGIN, "chain", "via_events", "link", "certainty")


_SUMS = ("events", "ok_events", "denied_events", "error_events")
_LISTS = ("calls", "units")
_WEAKEST = ("link", "certainty")
_JOINED = {
    *_WEAKEST,
    "session_created",
    "assumed_at",
    "assumptions",
    *_SUMS,
    "first_seen",
    "last_seen",
    *_LISTS,
}
_FIRST = [name for name in ROLE_SESSIONS if name not in {*_JOINED, *KEY}]
_MERGED = [
    "account", *(name for name in ROLE_SESSIONS if name not in ("assumed_at", "assumptions")), "session", "assumption",
    "event_time", "key", "switched",
]  # fmt: skip
_NOBODY = {
    **dict.fromkeys(ORIGIN, ""), "origin_type": "unknown", "kind": "unknown", "link": "none", "certainty": "unknown",
}.items()  # fmt: skip
# A service's are one of many sessions; where the session is not named, it is one with whatever the role did unnamed.
_SHARED = (pl.col("kind") == "service") | (pl.col("session") == "")


def sessions_of(
    assumptions: pl.DataFrame,
    usage: pl.DataFrame | pl.LazyFrame,
    day: date,
    staging: Path,
    rows_at_a_time: int = ROWS_AT_A_TIME,
) -> pl.DataFrame:
    """Return `role_sessions` of a day for all accounts, with the column `account`; sorted by account and key.

    `assumptions`, `usage`: `role_assumptions` and `session_usage` of the day and of those before it on which its
    sessions may have begun, of all accounts, in any order, with `day` and `account`. Of the usage about
    `rows_at_a_time` rows are in memory, where it is a LazyFrame; the sessions are made of as many rows at a time. Of a
    day of more, the parts wait in `staging` (made if need be). Raises StorageError when that cannot be written.
    """
    used = usage.lazy()
    services = _services(used)
    ids = _ids(used)
    calls = one_each(assumptions)
    del assumptions
    today = used.filter(pl.col("day") == day)
    begun = calls.filter(pl.col("event_time").dt.date() == day)
    rows = max(today.select(pl.len()).collect().item(), begun.height)
    parts = max(1, -(-rows // rows_at_a_time))
    if parts == 1:
        return _sessions(begun, calls, [today], services, ids, list)
    with staging_folder(staging) as folder:
        cut = cut_into(today, "session", parts, folder)
        return _sessions(begun, calls, cut, services, ids, lambda: Waiting(folder))


def _sessions(
    begun: pl.DataFrame,
    calls: pl.DataFrame,
    today: Sequence[pl.LazyFrame],
    services: pl.DataFrame,
    ids: pl.DataFrame,
    kept: Callable[[], Frames],
) -> pl.DataFrame:
    """Return what `sessions_of` does: `begun` are the calls of the day, `today` its usage in parts.

    `kept` gives what keeps what is made of the parts.
    """
    parts = len(today)
    # What has a key and names no session may be in the parts of several roles: the same link.
    links = pl.concat(linked(ties_of(one).collect(), calls) for one in today).unique("tie")
    idle = begun.join(links, left_on="event_id", right_on="assumption", how="anti")
    del begun
    parents = parents_of(calls)
    moments = calls.select(
        "event_time",
        assumption="event_id",
        switched=pl.col("event_name") == SWITCH,
        apart=told_apart(),
    )
    made, shared = kept(), kept()
    for part, used in enumerate(today):
        units = units_of(used.collect())
        mine = links.join(units, on="tie", how="semi")
        resting = idle.filter(part_of("assumed_role_id", parts) == part) if parts > 1 else idle
        wanted = pl.concat([mine["assumption"], resting["event_id"]]).unique()
        behind = origins(wanted, calls, parents, services)
        at = moments.join(wanted.to_frame("assumption"), on="assumption", how="semi")
        found = pl.concat(
            [
                _tied(units, mine, behind),
                _alone(units.join(mine, on="tie", how="anti"), calls, services),
                _idle(resting, behind, units.schema, ids),
            ]
        ).join(at, on="assumption", how="left")
        known = identified(found).select(_MERGED)
        made.append(_grouped(known.filter(~_SHARED)))
        shared.append(known.filter(_SHARED))
    del calls, parents, moments, links, idle
    made.append(_grouped(pl.concat(shared)))
    return pl.concat(made).sort("account", *KEY)


def _services(usage: pl.LazyFrame) -> pl.DataFrame:
    """Return `role_id` and `service` of the roles that a service was seen using."""
    seen = usage.filter((pl.col("service") != "") & (pl.col("session") == ""))
    return seen.select("role_id", "service").unique().collect()


def _tied(units: pl.DataFrame, links: pl.DataFrame, behind: pl.DataFrame) -> pl.DataFrame:
    rows = units.join(links.rename({"certainty": "tied"}), on="tie").join(behind, on="assumption")
    told = pl.col("found_by").is_in(["caller", "none"])
    return rows.with_columns(
        link=pl.when(told).then("link").otherwise("found_by"), certainty=_weaker("tied", "certainty")
    ).select(*units.columns, *_FOUND)


def _weaker(one: str, other: str) -> pl.Expr:
    return pl.when(rank_of(one) > rank_of(other)).then(one).otherwise(other)


def _alone(units: pl.DataFrame, calls: pl.DataFrame, services: pl.DataFrame) -> pl.DataFrame:
    """Say what is known of sessions without an AssumeRole; the records of services and users name them."""
    rows = by_itself(units, calls, services)
    user = pl.col("session_type") != "role"
    service, text = pl.col("of_service"), pl.lit("")
    root = pl.when(pl.col("session_type") == "root").then(pl.lit("root"))
    sure = user | service
    return rows.with_columns(
        assumption=pl.lit(None, pl.String),
        origin_type=pl.when(service)
        .then(pl.lit("service"))
        .when(user)
        .then("session_type")
        .otherwise("origin_type"),
        origin_arn=pl.when(service).then("service").when(user).then("role_arn").otherwise("origin_arn"),
        origin_id=pl.when(service).then(text).when(user).then("role_id").otherwise("origin_id"),
        origin_account=pl.when(service)
        .then(text)
        .when(user)
        .then("role_account")
        .otherwise("origin_account"),
        origin_name=pl.when(service)
        .then("service")
        .when(user)
        .then(root.otherwise(last_of("role_arn")))
        .otherwise("origin_name"),
        chain=pl.concat_list("role_arn"),
        via_events=pl.lit([], pl.List(pl.String)),
        link=pl.when(sure).then(pl.lit("none")).otherwise("found_by"),
        certainty=pl.when(sure).then(pl.lit("certain")).otherwise("certainty"),
    ).select(*units.columns, *_FOUND)


def _ids(usage: pl.LazyFrame) -> pl.DataFrame:
    """Return `role_arn` and `known_id` of roles that had one id: services are issued keys without naming it."""
    named = usage.filter((pl.col("session_type") == "role") & (pl.col("role_id") != ""))
    ids = named.select("role_arn", "role_id").unique().collect()
    return ids.filter(~pl.col("role_arn").is_duplicated()).select("role_arn", known_id="role_id")


def _idle(idle: pl.DataFrame, behind: pl.DataFrame, schema: pl.Schema, ids: pl.DataFrame) -> pl.DataFrame:
    """Return rows of sessions that were begun on the day and, on the day, did nothing."""
    token = pl.col("event_name").is_in(_TOKENS)
    named = pl.col("assumed_role_id").str.split(":").list.first()
    rows = (
        idle.join(ids, on="role_arn", how="left")
        .select(
            account="home",
            assumption="event_id",
            role_arn=pl.when(token).then("caller_arn").otherwise("role_arn"),
            role_id=pl.when(token)
            .then("caller_id")
            .when(named != "")
            .then(named)
            .otherwise(pl.col("known_id").fill_null("")),
            role_account=pl.when(token).then("caller_account").otherwise("role_account"),
            session_type=pl.when(token).then("caller_type").otherwise(pl.lit("role")),
            session="assumed_role_id",
            session_name="session_name",
            key="key",
            session_created=pl.col("event_time").dt.truncate("1s"),
        )
        .join(behind, on="assumption")
    )
    told = pl.col("found_by").is_in(["caller", "none"])
    missing = {
        name: pl.lit(_NOTHING.get(dtype), dtype) for name, dtype in schema.items() if name not in rows.columns
    }
    return rows.with_columns(**missing, link=pl.when(told).then(pl.lit("none")).otherwise("found_by")).select(
        *schema, *_FOUND
    )


_NOTHING = {pl.String: "", pl.Int64: 0, pl.Boolean: False, pl.List(pl.String): []}


def _grouped(rows: pl.DataFrame) -> pl.DataFrame:
    """Join the parts of each session: it is as sure as the least sure of those that did something.

    Where these name different origins, nobody is guessed at.
    """
    order = ["idle", "mute", "rank", "switched", "assumption", "role_arn", "units_text"]
    telling = ~pl.col("idle") & ~pl.col("mute")
    weakest = telling & (pl.col("rank") == pl.col("rank").filter(telling).max())
    origins_told = pl.struct(
        "origin_type", "origin_account", "origin_arn", "origin_name", "origin_alone"
    ).filter(telling)
    joined = (
        rows.with_columns(
            units_text=pl.col("units").list.join(" "),
            rank=rank_of("certainty"),
            idle=pl.col("events") == 0,
            # SwitchRole knows its caller's ARN and not the id.
            origin_alone=pl.when(pl.col("origin_arn") == "").then("origin_id"),
            # A call that a service made for the session bears no key, and may say nothing of who is behind it.
            mute=(pl.col("certainty") == "unknown") & (pl.col("key") == ""),
        )
        .sort(order, nulls_last=True)
        .group_by("account", "session_id", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in _FIRST),
            *(pl.coalesce(pl.col(name).filter(weakest).first(), pl.col(name).first()) for name in _WEAKEST),
            pl.col("session_created").min(),
            pl.col("event_time").min().alias("assumed_at"),
            pl.col("assumption").drop_nulls().n_unique().cast(pl.Int64).alias("assumptions"),
            *(pl.col(name).sum() for name in _SUMS),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            *(pl.col(name).explode().drop_nulls().unique().sort() for name in _LISTS),
            of_several=(origins_told.n_unique() > 1) & (pl.col("kind").first() != "service"),
        )
    )
    return (
        joined.with_columns(
            *(
                pl.when(~pl.col("of_several")).then(name).otherwise(pl.lit(said)).alias(name)
                for name, said in _NOBODY
            ),
            chain=pl.when("of_several").then(pl.col("chain").list.tail(1)).otherwise("chain"),
            via_events=pl.when("of_several").then(pl.lit([], pl.List(pl.String))).otherwise("via_events"),
        )
        .sort("account", *KEY)
        .select("account", *(pl.col(name).cast(dtype) for name, dtype in ROLE_SESSIONS.items()))
    )
