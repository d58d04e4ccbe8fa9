"""What a session is called: the same on each of its days, and no two sessions alike."""

import polars as pl

from assets.role_sessions.links import SAME_CALLER, SWITCH

_PEOPLE = ("user", "root", "saml_user", "web_identity_user", "identity_center_user")


def told_apart() -> pl.Expr:
    """Return what tells a call's session from others of the same name and second: its key, without one its id.

    Null where nothing else was issued to a session of that name in that second. It follows from the calls alone, never
    from what was done on a day: a session has the same id on each of its days.
    """
    named = pl.col("assumed_role_id") != ""
    name = pl.when(named).then("assumed_role_id").otherwise("role_arn")
    second = pl.col("event_time").dt.truncate("1s")
    switched, keyed = pl.col("event_name") == SWITCH, pl.col("key") != ""
    keys = pl.col("key").filter(keyed).n_unique().over(name, second)
    caller = pl.struct(SAME_CALLER)
    # SwitchRole comes with an AssumeRole of the same second, which says more.
    callers = caller.filter(~switched).n_unique().over(name, second)
    switchers = caller.filter(switched).n_unique().over(name, second)
    several = pl.when(callers > 0).then(callers).otherwise(switchers) > 1
    return (
        # What was issued without a name has nothing but its key to be known by.
        pl.when(keyed & ((keys > 1) | several | ~named)).then("key").when(several).then("event_id")
    )


def identified(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `kind` and `session_id`; the sessions that a service began of a role through one chain are one.

    `rows`: parts of sessions with who is behind them (`sessions_of`), `of_service`, `event_time` of the call that began
    each, and `apart` (`told_apart`). Also made of what is there: `service`, `chain`, `role_name`, and of a service's
    sessions neither a name nor a date.
    """
    by = pl.when(pl.col("of_service")).then("service").otherwise("origin_name")
    kind = (
        pl.when(pl.col("origin_type") == "service")
        .then(pl.lit("service"))
        .when(
            pl.col("origin_type").is_in(_PEOPLE) | pl.col("link").is_in(["source_identity", "on_behalf_of"])
        )
        .then(pl.lit("person"))
        .otherwise(pl.lit("unknown"))
    )
    role = pl.when(pl.col("role_id") != "").then("role_id").otherwise("role_arn")
    session = pl.when(pl.col("session") != "").then("session").otherwise(role)
    began = pl.col("event_time").dt.truncate("1s").fill_null(pl.col("session_created"))
    vague = began.is_null() | (pl.col("session") == "")
    key = pl.coalesce("apart", pl.when(vague & (pl.col("key") != "")).then("key"))
    key = ("#" + key).fill_null("")
    roles = pl.col("chain").list.eval(pl.element().filter(pl.element() != ""))
    rows = rows.with_columns(
        kind=kind,
        service=by,
        chain=pl.when(pl.col("session_type") == "role").then(roles).otherwise(pl.lit([], pl.List(pl.String))),
    )
    earlier = pl.col("chain").list.head(pl.col("chain").list.len().cast(pl.Int64) - 1).list.join(" ")
    served = (
        role
        + "@"
        + pl.col("service")
        + pl.when(pl.col("chain").list.len() > 1).then(" via " + earlier).otherwise(pl.lit(""))
    )
    single = session + "@" + began.dt.strftime("%Y-%m-%dT%H:%M:%SZ").fill_null("") + key
    is_service = pl.col("kind") == "service"
    return rows.with_columns(
        session_id=pl.when(is_service).then(served).otherwise(single),
        service=pl.when(is_service).then("service").otherwise(pl.lit("")),
        session_created=pl.when(~is_service).then("session_created"),
        session_name=pl.when(is_service).then(pl.lit("")).otherwise("session_name"),
        role_name=last_of("role_arn"),
    )


def last_of(arn: str) -> pl.Expr:
    """Return what stands behind the last slash of an ARN."""
    return pl.col(arn).str.split("/").list.last()
