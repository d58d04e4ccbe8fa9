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


@dataclass(frozen=True)
class Names:
    """The names of actions and of access levels, each once."""

    actions: pl.Series
    levels: pl.Series


def granted_names(grants: pl.LazyFrame, iam_actions: pl.DataFrame) -> Names:
    """Return the names in `action` and `access_level` of the list of actions and of the grants.

    A grant may name what the list does not, or no longer.
    """
    actions = iam_actions["action"].unique()
    levels = pl.concat([iam_actions["access_level"], pl.Series([""])]).drop_nulls().unique()
    # Parquet is asked for the values that are not among the known ones: it looks at its dictionaries, not at the rows.
    others = [
        grants.filter(~pl.col(name).is_in(known.implode())).select(pl.col(name).unique())
        for name, known in (("action", actions), ("access_level", levels))
    ]
    more_actions, more_levels = pl.collect_all(others, engine="streaming")
    return Names(
        pl.concat([actions, more_actions["action"]]), pl.concat([levels, more_levels["access_level"]])
    )


def codes_of(principals: pl.DataFrame, granted: Names, performed: pl.DataFrame) -> Codes:
    """Return the codes of all that a diff of these names: `principal_arn`, and `action` of what was performed."""
    actions = pl.concat([granted.actions, performed["action"]]).unique()
    return Codes(
        pl.Enum(principals["principal_arn"].unique().sort()),
        pl.Enum(actions.sort()),
        pl.Enum(granted.levels.sort()),
    )
