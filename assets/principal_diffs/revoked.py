"""What a use means that no grant allows: was it granted before, or may a policy of the resource have allowed it?"""

from dataclasses import replace

import polars as pl

from assets.coded_text import plain
from assets.principal_diffs.facts import Facts
from assets.principal_diffs.verdicts import without_grant


def told_without_grant(facts: Facts, wanted: pl.DataFrame, earlier: pl.LazyFrame) -> Facts:
    """Add `without_grant` to what was performed: the reason for it where it is not granted.

    `wanted`: the rows of it for which the grants of `earlier` days (`principal_id`, `action`) are looked through.
    """
    ids = plain(facts.people.select("principal_arn", "principal_id"))
    pairs = _named(wanted.filter(pl.col("events") > 0), ids).select("principal_id", "action").unique()
    found = pl.DataFrame(schema=pairs.schema)
    if pairs.height:
        # Days of millions of grants: only those that are asked about may be held.
        found = (
            earlier.filter(pl.col("action").is_in(pairs["action"].unique().implode()))
            .select("principal_id", "action")
            .join(pairs.lazy(), on=["principal_id", "action"], how="semi")
            .unique()
            .collect(engine="streaming")
        )
    reasons = (
        _named(facts.performed, ids)
        .join(
            found.with_columns(was_granted=pl.lit(True)),
            on=["principal_id", "action"],
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("was_granted").fill_null(False))
        .select(without_grant())
        .to_series()
    )
    return replace(facts, performed=facts.performed.with_columns(without_grant=reasons))


def _named(performed: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    names = plain(performed.select("principal_arn", "action"))
    return names.join(ids, on="principal_arn", how="left", maintain_order="left")
