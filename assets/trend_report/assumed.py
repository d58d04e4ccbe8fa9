"""How often the roles of an account were assumed: what was done in them is another question."""

import polars as pl


def assumed(principals: pl.DataFrame, assumptions: pl.LazyFrame) -> pl.DataFrame:
    """Count who got credentials for each user or role.

    `principals`: `principal_arn`, `principal_id`; `assumptions`: `role_assumptions` of the window.
    Out, for those that were assumed: `principal_arn`, `assumptions`, `assumed_at` (UTC, the last one). A name that
    was deleted and created again is two principals: the log names the role's id before the colon of `assumedRoleId`.
    """
    issued = assumptions.filter(pl.col("outcome") == "ok").select(
        "role_arn", "event_time", role_id=pl.col("assumed_role_id").str.split(":").list.first().fill_null("")
    )
    of_name = pl.col("role_id") == ""
    return (
        issued.join(
            principals.lazy().select("principal_arn", "principal_id"),
            left_on="role_arn",
            right_on="principal_arn",
        )
        .filter(of_name | (pl.col("principal_id") == "") | (pl.col("role_id") == pl.col("principal_id")))
        .group_by(principal_arn="role_arn")
        .agg(assumptions=pl.len().cast(pl.Int64), assumed_at=pl.col("event_time").max())
        .collect()
    )
