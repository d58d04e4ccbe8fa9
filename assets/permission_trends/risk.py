"""The risk score: unused permissions weighed by their access level."""

from dataclasses import asdict, dataclass
from hashlib import sha256

import polars as pl

from assets.permission_trends.schema import LEVELS

DEFINITION = 1
"""Number of the definition: it grows when the same verdicts and weights would give another score."""

RESTRICTED_SHARE = 0.5
"""What a permission counts that holds only on some resources or under a condition, against one that holds always."""


@dataclass(frozen=True)
class RiskWeights:
    """What one unused permission of each access level weighs; `other`: nobody knows its level."""

    list: float = 1
    read: float = 2
    tagging: float = 2
    write: float = 5
    permissions_management: float = 10
    other: float = 5

    @property
    def version(self) -> str:
        """A short hash of the definition and the weights: scores compare only where it is the same."""
        weights = ",".join(f"{name}={float(weight)!r}" for name, weight in sorted(asdict(self).items()))
        return sha256(f"{DEFINITION}|{RESTRICTED_SHARE!r}|{weights}".encode()).hexdigest()[:12]


def score(weights: RiskWeights) -> pl.Expr:
    """Return the score of one principal, over its rows of `principal_diffs`.

    An excluded permission weighs nothing: somebody decided to leave it. Rows are counted before they are weighed,
    so that the order in which they come cannot show in the last digit.
    """
    total = pl.lit(0.0)
    for name, weight in asdict(weights).items():
        unused = (pl.col("status") == "unused") & ~pl.col("excluded") & of_level(name)
        full, part = unused & ~pl.col("restricted"), unused & pl.col("restricted")
        total = total + pl.lit(float(weight)) * (full.sum() + pl.lit(RESTRICTED_SHARE) * part.sum())
    return total


def of_level(name: str) -> pl.Expr:
    """Say whether a row's access level is that one of `LEVELS`; `other` is every level not named there."""
    if name == "other":
        return ~pl.col("access_level").is_in([level for level in LEVELS.values() if level])
    return pl.col("access_level") == LEVELS[name]
