"""What could go at once: the policies and statements of which nobody used anything."""

from typing import Any

import polars as pl

from assets.trend_report.effects import STATUSES
from assets.trend_report.provenance import Provenance
from assets.trend_report.texts import Texts

MOST = 25


def removals(found: Provenance, people: pl.DataFrame, texts: Texts) -> list[list[Any]]:
    """List the statements that can be taken away without anybody losing what was used, the largest first.

    Of an AWS-managed policy no statement can be edited: it is listed whole. Policies of service-linked roles and of
    IAM Identity Center's are not listed: they are edited elsewhere, or not at all. A row: `[policy, kind,
    statement, sid, unused, unknown, principals, name of the principal if it is one]`, statement -1 for a whole policy.
    """
    theirs = people.filter(pl.col("owner") != "")["principal_arn"]
    names = people.select("principal_arn", "principal_name")
    rows = found.described.unique("statement_key", keep="any", maintain_order=False)
    managed = pl.col("policy_arn").str.contains(r"^arn:aws[a-z-]*:iam::aws:policy/").fill_null(False)
    described = pl.concat(
        [
            rows.filter(managed)
            .unique("policy")
            .select(
                pl.lit("policy").alias("level"),
                key="policy",
                statement=pl.lit(-1, pl.Int64),
                sid=pl.lit(""),
                **_POLICY,
            ),
            rows.filter(~managed)
            .select(pl.lit("statement").alias("level"), "statement", "sid", key="statement_key", **_POLICY)
            .select("level", "key", "statement", "sid", *_POLICY),
        ]
    )
    total = (
        found.effects.join(described, on=["level", "key"])
        .with_columns(theirs=pl.col("principal_arn").is_in(theirs.implode()))
        .join(names, on="principal_arn")
        .group_by("level", "key", *_POLICY, "statement", "sid")
        .agg(
            *(pl.col(status).sum() for status in STATUSES),
            pl.len().alias("principals"),
            pl.col("theirs").any(),
            pl.col("principal_name").min(),
        )
        .filter(
            (pl.col("used") == 0) & (pl.col("excluded") == 0) & (pl.col("unused") > 0) & ~pl.col("theirs")
        )
        .sort(["unused", "unknown", "key"], descending=[True, False, False])
        .head(MOST)
    )
    return [
        [
            texts.at(row["policy_arn"] or row["policy_name"]),
            texts.at(row["policy_kind"]),
            row["statement"],
            texts.at(row["sid"]),
            row["unused"],
            row["unknown"],
            row["principals"],
            texts.at(row["principal_name"] if row["principals"] == 1 else ""),
        ]
        for row in total.iter_rows(named=True)
    ]


_POLICY = {name: pl.col(name) for name in ("policy_arn", "policy_name", "policy_kind")}
