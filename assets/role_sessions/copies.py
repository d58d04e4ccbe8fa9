"""One row for each AssumeRole: the caller's and the role owner's copy of it become one.

Source: CloudTrail User Guide, "CloudTrail record contents", `sharedEventID`: the same AWS action sent to several
accounts has one, while each copy has an `eventID` of its own.
"""

import polars as pl

_TEXTS = ("key", "assumed_role_id", "session_name", "source_identity", "role_arn", "role_account")
_CALLER = (
    "caller_type",
    "caller_arn",
    "caller_id",
    "caller_account",
    "caller_name",
    "caller_session",
    "caller_session_created",
    "caller_key",
    "caller_source_identity",
    "on_behalf_of",
)
READ = ("event_id", "shared_event_id", "event_time", "event_name", "outcome", *_CALLER, *_TEXTS, "account")
"""The columns of `role_assumptions` that are read."""
# The first of several copies says who called. A SwitchRole names the caller by an ARN only, without session and key.
_SUREST = ("nameless", pl.col("event_name") == "SwitchRole", "event_id")
COLUMNS = (
    "event_id",
    "event_time",
    "event_name",
    *_CALLER,
    *_TEXTS,
    "own_key",
    "home",
)


def one_each(assumptions: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each AssumeRole that succeeded, of `role_assumptions` of any days and accounts.

    Out: the columns of `role_assumptions` that say who, what and when; `event_id` and the caller are those of the
    copy that names the caller, what this lacks comes from the other; `own_key`: the key as that copy has it;
    `home`: the account whose log tells of it, the role's own where that is one of them. A SwitchRole that bears the
    key of an AssumeRole is a copy of it, and the AssumeRole's caller stands. Sorted by `event_id`.
    """
    rows = (
        assumptions.filter(pl.col("outcome") == "ok")
        .with_columns(
            own_key=pl.col("key"),
            home=pl.col("account"),
            # GetSessionToken names no session: what follows bears the caller's own id.
            assumed_role_id=pl.when(pl.col("event_name") == "GetSessionToken")
            .then("caller_id")
            .otherwise("assumed_role_id"),
            nameless=(pl.col("caller_arn") == "") & (pl.col("caller_type") == "account"),
        )
        .unique("event_id", keep="first", maintain_order=False)
        .sort(_SUREST)
    )
    return _joined(_joined(rows, "shared_event_id"), "key").select(COLUMNS).sort("event_id")


def _joined(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Join the rows that have the same value in a column, in their order: the first names the caller."""
    copies = (pl.col(by) != "") & pl.col(by).is_duplicated()
    several = rows.filter(copies)
    if not several.height:
        return rows
    texts = [
        pl.col(name).filter(pl.col(name) != "").first().fill_null("").alias(name)
        for name in _TEXTS
        if name != by
    ]
    home = (
        pl.when((pl.col("home") == pl.col("role_account")).any())
        .then(pl.col("role_account").filter(pl.col("home") == pl.col("role_account")).first())
        .otherwise(pl.col("home").min())
        .alias("home")
    )
    taken = {by, "home", "event_time", *_TEXTS}
    rest = [pl.col(name).first() for name in rows.columns if name not in taken]
    joined = several.group_by(by, maintain_order=True).agg(*texts, home, pl.col("event_time").min(), *rest)
    return pl.concat([rows.filter(~copies), joined.select(rows.columns)]).sort(_SUREST)
