"""Which AssumeRole a session comes from, and how sure that is.

Sessions are tied by the key that the call issued; by the assumed role id and the second in which the session began
(a console session changes its keys, and not its creation date); and, for a role switched to in the console, by the
nearest SwitchRole of that session.
"""

from datetime import timedelta

import polars as pl

SWITCH = "SwitchRole"
_TOLERANCE = timedelta(seconds=60)
SAME_CALLER = (
    "caller_type",
    "caller_arn",
    "caller_id",
    "caller_name",
    "caller_session",
    "caller_session_created",
)
"""Two calls count as one and the same origin where all of these columns agree."""
_LINK = {"assumption": pl.String(), "link": pl.String(), "certainty": pl.String()}


def linked(ties: pl.DataFrame, assumptions: pl.DataFrame) -> pl.DataFrame:
    """Find the AssumeRole of each tie.

    `ties`: `tie` (unique), `session` (principalId as logged), `key`, `created` (UTC, or null); `assumptions`: see
    `copies.one_each`. Out, for those that were found: `tie`, `assumption` (`event_id`), `link`, `certainty`.
    A session that several calls of different callers fit equally well is not guessed at, nor given to a third caller
    whose call fits less well.
    """
    tried = [_by_key(ties, assumptions)]
    for seconds in ((0,), (-1, 1)):
        tried.append(_by_session(_without(ties, tried), assumptions, seconds))
    tried.append(_by_switch(_without(ties, tried), assumptions))
    return pl.concat(tried).filter(pl.col("assumption").is_not_null()).sort("tie")


def _without(ties: pl.DataFrame, tried: list[pl.DataFrame]) -> pl.DataFrame:
    return ties.join(pl.concat(tried).select("tie"), on="tie", how="anti")


def _by_key(ties: pl.DataFrame, assumptions: pl.DataFrame) -> pl.DataFrame:
    issued = assumptions.filter(pl.col("key") != "").select("key", "own_key", assumption="event_id")
    own = pl.col("own_key") == pl.col("key")
    return ties.join(issued, on="key").select(
        "tie",
        "assumption",
        link=pl.when(own).then(pl.lit("access_key")).otherwise(pl.lit("shared_event_id")),
        certainty=pl.lit("certain"),
    )


def _by_session(ties: pl.DataFrame, assumptions: pl.DataFrame, seconds: tuple[int, ...]) -> pl.DataFrame:
    """Tie by session and the second it began in; `seconds` are how far the call's time may be from it.

    `assumption` is null where calls of several callers fit.
    """
    calls = assumptions.filter(pl.col("assumed_role_id") != "").select(
        "event_name",
        *SAME_CALLER,
        assumption="event_id",
        issued="key",
        session="assumed_role_id",
        second=pl.col("event_time").dt.truncate("1s"),
    )
    begun = ties.filter((pl.col("session") != "") & pl.col("created").is_not_null())
    near = pl.concat(
        [
            begun.with_columns(second=pl.col("created").dt.truncate("1s").dt.offset_by(f"{n}s"))
            for n in seconds
        ]
    ).join(calls, on=["session", "second"])
    # SwitchRole comes with an AssumeRole of the same second, which says more.
    near = near.sort(pl.col("event_name") == SWITCH, "assumption")
    other_key = (pl.col("key") != "") & (pl.col("issued") != "") & (pl.col("key") != pl.col("issued"))
    switch = pl.col("event_name") == SWITCH
    best = near.group_by("tie", maintain_order=True).agg(
        pl.col("assumption").first(),
        pl.when(switch.first())
        .then(pl.lit("switch_role"))
        .otherwise(pl.lit("assumed_role_id"))
        .alias("link"),
        pl.struct(SAME_CALLER).filter(~switch).n_unique().alias("callers"),
        pl.struct(SAME_CALLER).filter(switch).n_unique().alias("switchers"),
        (switch.first() | other_key.first() | (~switch).sum().gt(1) | pl.lit(seconds != (0,))).alias(
            "unsure"
        ),
    )
    one = pl.when(pl.col("callers") > 0).then(pl.col("callers")).otherwise(pl.col("switchers")) == 1
    return best.select(
        "tie",
        pl.when(one).then("assumption"),
        "link",
        certainty=pl.when("unsure").then(pl.lit("likely")).otherwise(pl.lit("certain")),
    )


def _by_switch(ties: pl.DataFrame, assumptions: pl.DataFrame) -> pl.DataFrame:
    """Tie by session and the nearest SwitchRole; `assumption` is null where those of several callers are as near."""
    switches = assumptions.filter(
        (pl.col("event_name") == SWITCH) & (pl.col("assumed_role_id") != "")
    ).select(*SAME_CALLER, assumption="event_id", session="assumed_role_id", switched=pl.col("event_time"))
    begun = ties.filter((pl.col("session") != "") & pl.col("created").is_not_null())
    if not switches.height or not begun.height:
        return pl.DataFrame(schema={"tie": ties.schema["tie"], **_LINK})
    near = begun.join(switches, on="session").with_columns(gap=(pl.col("created") - pl.col("switched")).abs())
    return (
        near.filter(pl.col("gap") <= _TOLERANCE)
        .filter(pl.col("gap") == pl.col("gap").min().over("tie"))
        .sort("assumption")
        .group_by("tie", maintain_order=True)
        .agg(pl.when(pl.struct(SAME_CALLER).n_unique() == 1).then(pl.col("assumption").first()))
        .with_columns(link=pl.lit("switch_role"), certainty=pl.lit("likely"))
    )
