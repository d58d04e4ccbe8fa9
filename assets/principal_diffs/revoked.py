"""What a use means that no grant allows: was it granted before, or may a policy of the resource have allowed it?"""

from dataclasses import replace

import polars as pl

from assets.coded_text import plain
from assets.principal_diffs.codes import REASON
from assets.principal_diffs.facts import Facts
from assets.principal_diffs.verdicts import without_grant

_PAIR = ("principal_id", "action")


def told_without_grant(facts: Facts, wanted: pl.DataFrame, earlier: pl.LazyFrame) -> Facts:
    """Add `without_grant` to what was performed: the reason for it where it is not granted.

    `wanted`: the rows of it for which the grants of `earlier` days (`principal_id`, `action`) are looked through.
    """
    before = _granted_before(_pairs(wanted.filter(pl.col("events") > 0), facts).unique(), earlier)
    was_granted = _pairs(facts.performed, facts).join(
        before.with_columns(was_granted=pl.lit(True)), on=_PAIR, how="left", maintain_order="left"
    )["was_granted"]
    # Looked for in the names once, not in each row of them.
    otherwise = plain(facts.actions.select("action")).select(without_grant()).to_series()
    return replace(
        facts,
        performed=facts.performed.with_columns(
            without_grant=pl.when(was_granted)
            .then(pl.lit("revoked", REASON))
            .otherwise(otherwise.gather(facts.performed["action"].to_physical()))
        ),
    )


def _granted_before(pairs: pl.DataFrame, earlier: pl.LazyFrame) -> pl.DataFrame:
    """Return those of the pairs (codes) that grants of earlier days have."""
    if not pairs.height:
        return pairs
    # Days of millions of grants: only those that are asked about may be held.
    names = plain(pairs)
    return (
        earlier.filter(pl.col("action").is_in(names["action"].unique().implode()))
        .select(_PAIR)
        .join(names.lazy(), on=_PAIR, how="semi")
        .unique()
        .collect(engine="streaming")
        .cast(pairs.schema)
    )


def _pairs(performed: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return the id of the principal and the action of what was performed, both as codes."""
    ids = facts.people["principal_id"].gather(performed["principal_arn"].to_physical())
    return pl.DataFrame([ids, performed["action"]])
