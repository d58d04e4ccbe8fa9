"""What could go at once: the policies and statements of which nobody used anything."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import polars as pl

from assets.trend_report.effects import STATUSES
from assets.trend_report.provenance import Provenance
from assets.trend_report.texts import Texts

MOST = 25


def removals(found: Provenance, people: pl.DataFrame, texts: Texts) -> list[list[Any]]:
    """List the statements that can all be taken away without anybody losing what was used, the largest first.

    Of an AWS-managed policy no statement can be edited: it is listed whole. Policies of service-linked roles and of
    IAM Identity Center's are not listed: they are edited elsewhere, or not at all. A row: `[policy, kind,
    statement, sid, unused, unknown, principals, name of the principal if it is one]`, statement -1 for a whole policy.
    """
    theirs = people.filter(pl.col("owner") != "")["principal_arn"]
    names = people.select("principal_arn", "principal_name")
    rows = found.described.unique("statement_key", keep="any", maintain_order=False)
    described = pl.concat(
        [
            rows.filter(_AWS_MANAGED)
            .unique("policy")
            .select(
                pl.lit("policy").alias("level"),
                key="policy",
                statement=pl.lit(-1, pl.Int64),
                sid=pl.lit(""),
                **_POLICY,
            ),
            rows.filter(~_AWS_MANAGED)
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
        for row in islice(_together(total.iter_rows(named=True), found), MOST)
    ]


_POLICY = {name: pl.col(name) for name in ("policy_arn", "policy_name", "policy_kind")}
_AWS_MANAGED = pl.col("policy_arn").str.contains(r"^arn:aws[a-z-]*:iam::aws:policy/").fill_null(False)


def _together(rows: Iterable[Mapping[str, Any]], found: Provenance) -> Iterator[Mapping[str, Any]]:
    """Yield the rows that can go with all that came before them.

    Where two grant the same action in use, each could go by itself, and the action would go with both. What only one
    grants is counted in its row.
    """
    kept = found.granted.filter(pl.col("status") != "unused").select("set").unique()
    key = pl.when(_AWS_MANAGED).then("policy").otherwise("statement_key")
    granting = found.described.join(kept, on="set").select("set", key=key).unique()
    several = granting.filter(pl.len().over("set") > 1)
    left = dict(several.group_by("set").agg(pl.len()).iter_rows())
    sets_of = defaultdict(list)
    for one, granted_by in several.iter_rows():
        sets_of[granted_by].append(one)
    for row in rows:
        mine = sets_of[row["key"]]
        if all(left[one] > 1 for one in mine):
            for one in mine:
                left[one] -= 1
            yield row
