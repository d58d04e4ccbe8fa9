"""The full rows as CSV, safe to open in a spreadsheet."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from assets.harmless_text import harmless
from assets.trend_report.inputs import AccountDay


def csv_rows(account: AccountDay) -> pl.DataFrame:
    """Return every verdict of the day as the CSV says it: `principal_diffs` and through which policies it comes.

    A text that a spreadsheet would take for a formula (OWASP, "CSV Injection") begins with an apostrophe.
    """
    policies = (
        account.grants.select("principal_arn", "action", set=pl.col("granted_by").list.join(","))
        .join(_policies(account), on="set", how="left")
        .select("principal_arn", "action", "granted_through")
    )
    rows = account.diffs.join(policies, on=["principal_arn", "action"], how="left").select(
        pl.lit(account.window.end).alias("day"),
        pl.lit(account.account).alias("account"),
        "principal_type",
        "principal_name",
        "principal_arn",
        "action",
        "access_level",
        "status",
        "reason",
        "restricted",
        "events",
        "denied_events",
        "error_events",
        "first_used",
        "last_used",
        "covered_days",
        "window_days",
        "removable",
        "excluded",
        "exclusion",
        "granted_through",
    )
    texts = [name for name, dtype in rows.schema.items() if dtype == pl.String]
    return rows.sort("principal_arn", "action").with_columns(
        harmless(pl.col(name)).alias(name) for name in texts
    )


def write_csv(accounts: Sequence[AccountDay], path: Path) -> None:
    """Write the rows of the accounts one below the other, with one header; times in UTC as ISO 8601."""
    with path.open("wb") as file:
        for number, account in enumerate(accounts):
            csv_rows(account).write_csv(
                file, include_header=number == 0, datetime_format="%Y-%m-%dT%H:%M:%SZ"
            )


def _policies(account: AccountDay) -> pl.DataFrame:
    sets = account.grants.select(set=pl.col("granted_by").list.join(",")).unique()
    by = pl.when(pl.col("group") != "").then(pl.concat_str(pl.lit(" through group "), pl.col("group")))
    name = pl.concat_str(
        pl.coalesce("policy_arn", "policy_name"),
        pl.lit(" statement "),
        pl.col("statement"),
        by.otherwise(pl.lit("")),
    )
    return (
        sets.with_columns(id=pl.col("set").str.split(","))
        .explode("id")
        .join(account.sources.select("id", name=name), on="id")
        .group_by("set")
        .agg(granted_through=pl.col("name").unique().sort().str.join("; "))
    )
