"""What the configuration decides about an account's verdicts."""

from dataclasses import dataclass

from assets.principal_diffs.exclusions import Exclusion
from assets.principal_diffs.trails import Trail


@dataclass(frozen=True)
class VerdictRules:
    """The least number of covered days for `unused`, the trails where they are known, and the exclusions."""

    min_covered_days: int = 1
    trails: tuple[Trail, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
