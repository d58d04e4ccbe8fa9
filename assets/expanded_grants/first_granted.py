"""Since when an action is granted, as far as stored snapshots can tell."""

from datetime import datetime

import polars as pl

from assets.expanded_grants.schema import TIME
from assets.iam_snapshots.principals import principal


def with_first_granted(
    grants: pl.DataFrame,
    taken_at: datetime,
    previous: pl.DataFrame | None,
    previous_principals: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Fill `first_granted` of `grants`, whose snapshot was taken at `taken_at` (UTC).

    The text of `grants` may be codes (`coded_text`). `previous` is `expanded_grants` of the nearest earlier
    stored day, `previous_principals` the frame of `principals` of that day (it also knows principals that were
    granted nothing; without it, those of `previous` count). An action granted there keeps its `first_granted`;
    one not granted there to a principal that existed was first granted at `taken_at`; for a new principal, and
    with nothing stored before, it is null: nobody saw it missing. Principals are the same by `principal_id`,
    where a file has none by ARN.
    """
    if previous is None:
        return grants.with_columns(pl.lit(None, TIME).alias("first_granted"))
    principals = previous if previous_principals is None else previous_principals
    before = previous.select(
        principal().alias("_principal"),
        "action",
        pl.col("first_granted").alias("carried"),
        pl.lit(True).alias("was"),
    )
    existed = (
        principals.select(principal().alias("_principal"))
        .unique()
        .with_columns(pl.lit(True).alias("existed"))
    )
    return (
        grants.with_columns(principal().alias("_principal"))
        .join(existed, on="_principal", how="left", maintain_order="left")
        .with_columns(pl.col("action").cast(pl.String).alias("_action"))
        .join(
            before,
            left_on=["_principal", "_action"],
            right_on=["_principal", "action"],
            how="left",
            maintain_order="left",
        )
        .with_columns(
            pl.when("was")
            .then("carried")
            .when("existed")
            .then(pl.lit(taken_at, TIME))
            .otherwise(None)
            .alias("first_granted")
        )
        .select(grants.columns)
    )
