"""Text as numbers: millions of verdicts hold few names, and comparing or writing numbers costs next to nothing."""

from dataclasses import dataclass

import polars as pl

from assets.principal_diffs.schema import REASONS, STATUSES

STATUS = pl.Enum(STATUSES)
REASON = pl.Enum(list(REASONS))


@dataclass(frozen=True)
class Codes:
    """Which names there are, each list sorted: the order of the codes is that of the names."""

    principals: pl.Enum
    actions: pl.Enum
    levels: pl.Enum


def codes_of(
    principals: pl.DataFrame, grants: pl.LazyFrame, performed: pl.DataFrame, iam_actions: pl.DataFrame
) -> Codes:
    """Return the codes of everything that a diff of these names.

    In: `principal_arn`; `action` and `access_level` of the grants and of `iam_actions`; `action` of what was performed.
    A grant may name what the list of actions does not, or no longer.
    """
    actions = pl.concat([iam_actions["action"], performed["action"]]).unique()
    levels = pl.concat([iam_actions["access_level"], pl.Series([""])]).drop_nulls().unique()
    # Parquet is asked for the values that are not among the known ones: it looks at its dictionaries, not at the rows.
    others = [
        grants.filter(~pl.col(name).is_in(known.implode())).select(pl.col(name).unique())
        for name, known in (("action", actions), ("access_level", levels))
    ]
    more_actions, more_levels = pl.collect_all(others, engine="streaming")
    return Codes(
        pl.Enum(principals["principal_arn"].unique().sort()),
        pl.Enum(pl.concat([actions, more_actions["action"]]).sort()),
        pl.Enum(pl.concat([levels, more_levels["access_level"]]).sort()),
    )
