"""One principal's right-sized policy, from its verdicts and what it holds."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.attachments import Holdings
from assets.expanded_grants.evaluate import with_unknown_literals
from assets.expanded_grants.patterns import PatternIndex
from assets.right_sized_policies.documents import MOST_CHARACTERS, documents, size
from assets.right_sized_policies.right_size import (
    CLASSES,
    kept,
    right_sized,
    unmatched_patterns,
    unread,
)


@dataclass(frozen=True)
class RightSized:
    """The documents, how many actions they keep for which reason, and how many they leave out.

    `unmatched` are patterns that match no known action, which they keep; `unread` actions that were used, or may have
    been, and are in none of them, because the policy that allows them could not be read. `too_long` are the positions
    of documents that are longer than IAM takes.
    """

    documents: tuple[dict[str, Any], ...]
    kept: dict[str, int]
    left_out: int
    too_long: tuple[int, ...]
    unmatched: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def policy_of(verdicts: pl.DataFrame, holdings: Holdings, catalogue: Catalogue) -> RightSized:
    """Write the policy. `verdicts`: rows of `principal_diffs` of that principal."""
    rows = verdicts.filter(pl.col("status") != "not_granted").sort("action")
    chosen = kept(rows.select("action", "status", "excluded").iter_rows(named=True))
    extended, _ = with_unknown_literals(catalogue, [one.policy for one in holdings.identity])
    index = PatternIndex(extended)
    by_version = right_sized(chosen, holdings, index, catalogue.lower)
    made = [one for version, mine in by_version.items() for one in documents(mine, version)]
    lost = unread(chosen, holdings, index)
    held = [one for one in chosen if one.action not in lost]
    return RightSized(
        tuple(made),
        {why: sum(one.why == why for one in held) for why in CLASSES},
        rows.height - len(chosen),
        tuple(at for at, one in enumerate(made) if size(one) > MOST_CHARACTERS),
        tuple(unmatched_patterns(holdings, index)),
        tuple(lost),
    )
