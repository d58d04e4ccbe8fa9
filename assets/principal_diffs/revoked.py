"""What a use means that no grant allows: was it granted before, or may a policy of the resource have allowed it?"""

from dataclasses import replace

import polars as pl

from assets.coded_text import plain
from assets.iam_snapshots.principals import principal
from assets.principal_diffs.codes import REASON
from assets.principal_diffs.earlier_grants import PAIR
from assets.principal_diffs.facts import Facts
from assets.principal_diffs.verdicts import without_grant


def told_without_grant(facts: Facts, before: pl.DataFrame) -> Facts:
    """Add `without_grant` to what was performed: the reason for it where it is not granted.

    `before`: the `pairs` that were granted on an earlier day of the window.
    """
    was_granted = pairs(facts.performed, facts).join(
        before.with_columns(was_granted=pl.lit(True)), on=list(PAIR), how="left", maintain_order="left"
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


def pairs(performed: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return `PAIR` of what was performed, the action as a code."""
    principals = plain(facts.people.select("principal_arn", "principal_id")).select(principal()).to_series()
    return pl.DataFrame([principals.gather(performed["principal_arn"].to_physical()), performed["action"]])
