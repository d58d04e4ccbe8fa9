"""`grant_uses`: which statement grants which action to whom, and whether it was used. Made for the warehouse.

`granted_by` is a list, which every engine spells otherwise; a row for each of its entries joins everywhere.
"""

import polars as pl

GRANT_USES: dict[str, pl.DataType] = {
    "grant_id": pl.String(),
    "principal_arn": pl.String(),
    "principal_id": pl.String(),
    "action": pl.String(),
    "status": pl.String(),
    "last_used": pl.Datetime("us", "UTC"),
    "granted_otherwise": pl.Boolean(),
}
KEY = ("grant_id", "principal_arn", "action")

DESCRIPTIONS = {
    "": "expanded_grants.granted_by with a row for each statement, and the verdict; only in warehouses",
    "grant_id": "the statement: grant_sources.id",
    "principal_arn": "ARN of the user or role",
    "principal_id": "its unique id (AIDA..., AROA...)",
    "action": "IAM action in canonical spelling, s3:GetObject",
    "status": "used, unused or unknown: whether the principal used the action",
    "last_used": "last successful use in the window, UTC",
    "granted_otherwise": "whether another statement grants the principal the same action",
}
LINEAGE: dict[str, list[tuple[str, str]]] = {
    "grant_id": [("expanded_grants", "granted_by"), ("grant_sources", "id")],
    **{name: [("expanded_grants", name)] for name in ("principal_arn", "principal_id", "action")},
    **{name: [("principal_diffs", name)] for name in ("status", "last_used")},
    "granted_otherwise": [("expanded_grants", "granted_by")],
}


def grant_uses(grants: pl.LazyFrame, diffs: pl.LazyFrame) -> pl.DataFrame:
    """Return the rows of one partition, by key, from its `expanded_grants` and `principal_diffs`.

    A grant without a verdict (there is none in a partition whose tables belong together) is `unknown`.
    """
    verdicts = diffs.filter(pl.col("status") != "not_granted").select(
        "principal_arn", "action", "status", "last_used"
    )
    return (
        grants.select(
            "principal_arn",
            "principal_id",
            "action",
            grant_id=pl.col("granted_by").list.unique(),
        )
        .with_columns(granted_otherwise=pl.col("grant_id").list.len() > 1)
        .explode("grant_id")
        .filter(pl.col("grant_id").is_not_null())
        .join(verdicts, on=["principal_arn", "action"], how="left", validate="m:1")
        .with_columns(pl.col("status").fill_null("unknown"))
        .select(*GRANT_USES)
        .sort(KEY)
        .collect()
    )
