"""Chains of roles, followed back to whoever was at their beginning."""

import polars as pl

from assets.role_sessions.links import linked
from assets.role_sessions.schema import CERTAINTIES

ORIGIN = ("origin_type", "origin_arn", "origin_id", "origin_account", "origin_name")
_SSO = "/AWSReservedSSO_"


def origins(
    wanted: pl.Series, assumptions: pl.DataFrame, parents: pl.DataFrame, services: pl.DataFrame
) -> pl.DataFrame:
    """Return who is behind those AssumeRole calls (`event_id`s), over any depth.

    `assumptions`: see `copies.one_each`; `parents`: `parents_of` them; `services`: `role_id`, `service` of roles that
    a service was seen using.
    Out: `assumption`, the columns `ORIGIN`, `chain` (role ARNs from the first to the role assumed), `via_events`,
    `found_by` (how the origin is known: `caller`, or a link of `schema.LINKS`), `certainty`. A chain that leads back
    into itself ends there, its origin `unknown`.
    """
    asked = assumptions.join(wanted.to_frame("event_id"), on="event_id", how="semi")
    paths = _paths(asked, parents)
    # Only what is joined: the other side of a join is hashed whole.
    ends_at = paths.select(event_id="at").unique()
    first = assumptions.join(ends_at, on="event_id", how="semi").drop("role_arn").rename({"event_id": "at"})
    ends = paths.join(first, on="at", how="left")
    lost = (pl.col("caller_type") == "role") | pl.col("cycle")
    themselves = ends.filter(~lost).with_columns(
        found_by=pl.lit("caller"), **_caller(), certainty=_named(pl.col("rank"))
    )
    left = ends.filter(lost).with_columns(
        pl.when("cycle")
        .then("chain")
        .otherwise(pl.concat_list(pl.concat_list("caller_arn"), "chain"))
        .alias("chain"),
        role_arn="caller_arn",
        role_id="caller_id",
        role_account="caller_account",
        session="caller_session",
        source_identity="caller_source_identity",
        person=pl.lit(""),
    )
    told = by_itself(left, assumptions, services).with_columns(
        certainty=_named(pl.max_horizontal("rank", rank_of("certainty")))
    )
    columns = ["assumption", *ORIGIN, "chain", "via_events", "found_by", "certainty"]
    return pl.concat([themselves.select(columns), told.select(columns)]).sort("assumption")


def parents_of(assumptions: pl.DataFrame) -> pl.DataFrame:
    """Return `at`, `parent`, `parent_role`, `parent_rank`: the AssumeRole that the caller's own session comes from."""
    callers = assumptions.filter(pl.col("caller_type") == "role").select(
        tie="event_id", session="caller_session", key="caller_key", created="caller_session_created"
    )
    roles = assumptions.select(assumption="event_id", parent_role="role_arn")
    return (
        linked(callers, assumptions)
        .join(roles, on="assumption", how="left")
        .select("parent_role", at="tie", parent="assumption", parent_rank=rank_of("certainty"))
    )


def _paths(wanted: pl.DataFrame, parents: pl.DataFrame) -> pl.DataFrame:
    """Go back from every wanted AssumeRole as far as it goes, all of them one step at a time."""
    open_ = wanted.select(
        assumption="event_id",
        at="event_id",
        chain=pl.concat_list("role_arn"),
        via_events=pl.concat_list("event_id"),
        rank=pl.lit(0, pl.Int8),
        cycle=pl.lit(False),
    )
    columns = open_.columns
    done = []
    while open_.height:
        step = open_.join(parents, on="at", how="left")
        again = pl.col("via_events").list.contains(pl.col("parent"))
        ended = pl.col("parent").is_null() | again
        done.append(step.filter(ended).with_columns(cycle=again.fill_null(False)).select(columns))
        open_ = step.filter(~ended).select(
            "assumption",
            at="parent",
            chain=pl.concat_list(pl.concat_list("parent_role"), "chain"),
            via_events=pl.concat_list(pl.concat_list("parent"), "via_events"),
            rank=pl.max_horizontal("rank", "parent_rank"),
            cycle="cycle",
        )
    return pl.concat(done) if done else open_


def by_itself(rows: pl.DataFrame, assumptions: pl.DataFrame, services: pl.DataFrame) -> pl.DataFrame:
    """Say who is behind sessions whose AssumeRole is not known, from what their own records tell.

    `rows`: `role_arn`, `role_id`, `role_account`, `session`, `source_identity`, `on_behalf_of`, `person`; those of a
    `cycle` stay unknown. Adds the columns `ORIGIN`, `found_by` and `certainty`. Identity Center names its sessions
    after the person; a role that nobody but one service uses is that service's.
    """
    known = _bearers(assumptions)
    single = (
        services.group_by("role_id").agg(pl.col("service").unique()).filter(pl.col("service").list.len() == 1)
    )
    rows = rows.join(known, on="source_identity", how="left").join(
        single.select("role_id", only_service=pl.col("service").list.first()), on="role_id", how="left"
    )
    cycle = pl.col("cycle") if "cycle" in rows.columns else pl.lit(False)
    sso_name = pl.col("session").str.split(":").list.slice(1).list.join(":")
    said = (
        pl.when(cycle)
        .then(pl.lit("none"))
        .when(pl.col("source_identity") != "")
        .then(pl.lit("source_identity"))
        .when(pl.col("on_behalf_of") != "")
        .then(pl.lit("on_behalf_of"))
        .when(pl.col("role_arn").str.contains(_SSO, literal=True) & (pl.col("session") != ""))
        .then(pl.lit("session_name"))
        .when(pl.col("only_service").is_not_null())
        .then(pl.lit("service"))
        .otherwise(pl.lit("none"))
    )
    rows = rows.with_columns(said=said, sso=pl.col("role_arn").str.contains(_SSO, literal=True))
    is_, text = pl.col("said"), pl.lit("")
    bearer = (is_ == "source_identity") & pl.col("bearer_type").is_not_null()
    lost_role = (is_ == "none") & ~cycle & (pl.col("role_arn") != "") & pl.lit("caller_arn" in rows.columns)
    center = is_.is_in(["on_behalf_of", "session_name"])
    person = pl.when(pl.col("person") != "").then("person")
    return rows.with_columns(
        origin_type=pl.when(bearer)
        .then("bearer_type")
        .when(center)
        .then(pl.lit("identity_center_user"))
        .when(is_ == "service")
        .then(pl.lit("service"))
        .when(lost_role)
        .then(pl.lit("role"))
        .otherwise(pl.lit("unknown")),
        origin_arn=pl.when(bearer).then("bearer_arn").when(lost_role).then("role_arn").otherwise(text),
        origin_id=pl.when(bearer)
        .then("bearer_id")
        .when(center)
        .then("on_behalf_of")
        .when(lost_role)
        .then("role_id")
        .otherwise(text),
        origin_account=pl.when(bearer)
        .then("bearer_account")
        .when(lost_role)
        .then("role_account")
        .otherwise(text),
        origin_name=pl.when(bearer)
        .then("bearer_name")
        .when(is_ == "source_identity")
        .then("source_identity")
        .when(center & pl.col("sso"))
        .then(sso_name)
        .when(is_ == "on_behalf_of")
        .then(person.otherwise("on_behalf_of"))
        .when(is_ == "service")
        .then("only_service")
        .when(lost_role)
        .then(pl.col("role_arn").str.split("/").list.last())
        .otherwise(person.otherwise(text)),
        found_by=pl.when(is_ == "service").then(pl.lit("none")).otherwise(is_),
        certainty=is_.replace_strict(
            {
                "source_identity": "possible",
                "on_behalf_of": "possible",
                "session_name": "likely",
                "service": "likely",
            },
            default="unknown",
            return_dtype=pl.String,
        ),
    ).drop(
        "said",
        "sso",
        "only_service",
        "bearer_type",
        "bearer_arn",
        "bearer_id",
        "bearer_account",
        "bearer_name",
    )


def _bearers(assumptions: pl.DataFrame) -> pl.DataFrame:
    """Return whoever set a source identity, where that was one and the same each time."""
    setters = assumptions.filter(
        (pl.col("source_identity") != "") & ~pl.col("caller_type").is_in(["role", "account", "service"])
    ).with_columns(**_caller())
    distinct = setters.select("source_identity", pl.struct(ORIGIN).alias("bearer")).unique()
    alone = distinct.filter(~pl.col("source_identity").is_duplicated()).unnest("bearer")
    return alone.rename({name: name.replace("origin", "bearer") for name in ORIGIN})


def _caller() -> dict[str, pl.Expr]:
    arn = pl.col("caller_arn")
    name = (
        pl.when(pl.col("caller_name") != "")
        .then("caller_name")
        .when(pl.col("caller_type") == "service")
        .then(arn)
        .when(pl.col("caller_type") == "root")
        .then(pl.lit("root"))
        .otherwise(arn.str.split("/").list.last())
    )
    return {
        "origin_type": pl.col("caller_type"),
        "origin_arn": arn,
        "origin_id": pl.col("caller_id"),
        "origin_account": pl.col("caller_account"),
        "origin_name": name,
    }


def rank_of(column: str) -> pl.Expr:
    """Return the place of a certainty, 0 the surest."""
    places = {name: place for place, name in enumerate(CERTAINTIES)}
    return pl.col(column).replace_strict(places, return_dtype=pl.Int8)


def _named(rank: pl.Expr) -> pl.Expr:
    return rank.replace_strict(dict(enumerate(CERTAINTIES)), return_dtype=pl.String)
