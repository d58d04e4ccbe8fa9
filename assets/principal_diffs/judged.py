"""The rows of a diff: grants and what was performed, each with its facts, its verdict and what can be done about it."""

import numpy as np
import polars as pl

from assets.principal_diffs.coverage import since
from assets.principal_diffs.facts import Facts
from assets.principal_diffs.removable import removable
from assets.principal_diffs.schema import PRINCIPAL_DIFFS
from assets.principal_diffs.verdicts import decide

_OF_PRINCIPAL = (
    "principal_id",
    "principal_type",
    "principal_name",
    "removable",
    "problem",
    "used_elsewhere",
    "foreign",
    "covered_days",
)
_OF_ACTION = ("unseen", "guessed", "level")
_OF_USE = (
    "use",
    "events",
    "denied_events",
    "error_events",
    "first_used",
    "last_used",
    "last_event_id",
    "without_grant",
)
# What is said of a grant that nothing was performed with; all else is null.
_NO_USE = {"use": "never_called", "events": 0, "denied_events": 0, "error_events": 0, "last_event_id": ""}


def judged(grants: pl.DataFrame, performed: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return `principal_diffs` of some grants and of what was performed in their range of keys.

    In: sorted by `key`: `principal_arn`, `action`, `access_level`, `first_granted` (UTC), `restricted`,
    `unverified`, `unknown_action`, `only_aws_managed`; rows of `facts.performed`. Out: in that order, names as codes.
    """
    both = _with_ungranted(grants, performed)
    used = pl.concat([pl.DataFrame([_NO_USE], performed.select(_OF_USE).schema), performed.select(_OF_USE)])
    # Facts are looked up by number: a join would be slower than all that follows.
    facts_on_rows = (
        _looked_up(facts.people.select(_OF_PRINCIPAL), both["principal_arn"].to_physical()),
        _looked_up(facts.actions.select(_OF_ACTION), both["action"].to_physical()),
        used.rechunk()[_numbers(both["key"], performed["key"])],
    )
    rows = pl.concat([both, *facts_on_rows], how="horizontal").with_columns(
        pl.col("unverified") | pl.col("guessed"),
        pl.coalesce("access_level", "level"),
        covered_days=pl.min_horizontal("covered_days", _since_granted(both["first_granted"], facts)),
    )
    verdicts = decide(rows, min_covered_days=facts.min_covered_days, all_covered_days=len(facts.covered))
    return (
        verdicts.with_columns(
            removable=removable(),
            exclusion=facts.exclusion,
            window_days=pl.lit(facts.window.length, pl.Int64),
            mapping_version=pl.lit(facts.mapping_version, pl.Enum([facts.mapping_version])),
        )
        .with_columns(excluded=pl.col("exclusion") != "")
        .select(list(PRINCIPAL_DIFFS))
    )


def _with_ungranted(grants: pl.DataFrame, performed: pl.DataFrame) -> pl.DataFrame:
    """Return the grants and, in order among them, the rows of what was used without one."""
    used = performed.filter(pl.col("events") > 0).select("principal_arn", "action", "key")
    ungranted = used.filter(~_contains(grants["key"], used["key"]))
    if not ungranted.height:
        return grants.with_columns(granted=pl.lit(True))
    without = ungranted.with_columns(
        pl.lit(False).alias(name)
        for name in ("restricted", "unverified", "unknown_action", "only_aws_managed")
    )
    # The rows are in order but for those few: putting them into their places is less work than sorting.
    order = np.arange(grants.height, dtype=np.uint32)
    places = grants["key"].search_sorted(ungranted["key"]).to_numpy().astype(np.int64)
    order = np.insert(order, places, np.arange(grants.height, grants.height + ungranted.height))
    both = _looked_up(pl.concat([grants, without], how="diagonal", rechunk=True), pl.Series(order))
    return both.with_columns(granted=pl.lit(pl.Series(order < grants.height)))


def _looked_up(rows: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """Return the rows of those numbers."""
    # What is null or False all over need not be looked up, and many columns are.
    alike = {column.name: pl.lit(None, column.dtype) for column in rows if column.null_count() == len(column)}
    alike |= {
        column.name: pl.lit(False)
        for column in rows
        if column.dtype == pl.Boolean and column.any(ignore_nulls=False) is False
    }
    return rows.drop(alike)[numbers].with_columns(**alike)


def _contains(keys: pl.Series, wanted: pl.Series) -> pl.Series:
    """Return of each wanted key whether it is one of the keys, which are sorted."""
    if keys.is_empty():
        return pl.repeat(False, len(wanted), eager=True)
    return keys.gather(keys.search_sorted(wanted).clip(upper_bound=len(keys) - 1)) == wanted


def _numbers(keys: pl.Series, performed: pl.Series) -> pl.Series:
    """Return for each key the number of its row among those that were performed, from 1; 0 where there is none."""
    numbers = pl.repeat(0, len(keys), dtype=pl.UInt32, eager=True)
    there = _contains(keys, performed)
    at = keys.search_sorted(performed.filter(there))
    return numbers.scatter(at, pl.int_range(1, len(performed) + 1, dtype=pl.UInt32, eager=True).filter(there))


def _since_granted(first_granted: pl.Series, facts: Facts) -> pl.Series:
    """Return how many of the covered days do not lie before the grant; all where it always was."""
    if first_granted.null_count() == len(first_granted):
        return pl.repeat(len(facts.covered), len(first_granted), dtype=pl.Int64, eager=True)
    return since(first_granted.dt.date().fill_null(facts.window.start), facts.covered)
