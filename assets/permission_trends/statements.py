"""The statements behind a permission in words: which policy, which statement of it, which pattern."""

import polars as pl

WORDS: dict[str, pl.DataType] = {"policy": pl.String(), "statement": pl.String()}
BLOCKED = " (it still says so: a Deny, the boundary or an SCP takes it away)"


def statement_words(grants: pl.DataFrame, sources: pl.DataFrame, still: pl.DataFrame | None) -> pl.DataFrame:
    """Return `policy` and `statement` for each `principal_arn` and `action` of `grants`.

    In: `principal_arn`, `action`, `granted_by` of `expanded_grants`; `grant_sources` of the same day. `still`
    (`principal_arn`, `id`) are the statements that stand in the principal's policies a day later: where one of them no
    longer grants this action, something else must have taken it away, and the text says so.
    """
    worded = sources.select("id", policy=_policy(), statement=_statement())
    rows = (
        grants.select("principal_arn", "action", pl.col("granted_by").alias("id"))
        .explode("id")
        .join(worded, on="id", how="inner")
    )
    if still is not None:
        rows = rows.join(
            still.with_columns(blocked=pl.lit(True)), on=["principal_arn", "id"], how="left"
        ).with_columns(
            pl.when(pl.col("blocked"))
            .then(pl.col("statement") + BLOCKED)
            .otherwise("statement")
            .alias("statement")
        )
    return rows.group_by("principal_arn", "action").agg(
        pl.col(name).unique().sort().str.join("; ") for name in WORDS
    )


def _policy() -> pl.Expr:
    inline = pl.format(
        "inline policy {} of {}", "policy_name", pl.col("attached_to").str.split(":").list.last()
    )
    return pl.coalesce(pl.col("policy_arn"), inline)


def _statement() -> pl.Expr:
    sid = pl.when(pl.col("sid") == "").then(pl.lit("")).otherwise(pl.format(" '{}'", "sid"))
    group = pl.when(pl.col("group") == "").then(pl.lit("")).otherwise(pl.format(" through group {}", "group"))
    return pl.format(
        "{}{}, statement {}{}: {} {} {}",
        "policy_name",
        group,
        "statement",
        sid,
        "effect",
        "pattern_kind",
        "pattern",
    )
