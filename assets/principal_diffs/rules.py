"""What the configuration decides about an account's verdicts."""

from collections.abc import Callable
from dataclasses import dataclass

from assets.principal_diffs.coverage import Window
from assets.principal_diffs.exclusions import Exclusion
from assets.principal_diffs.trail_readings import Reading, recorded_over
from assets.principal_diffs.trails import Trail, in_force


def _none(window: Window) -> tuple[Reading, ...]:
    del window
    return ()


@dataclass(frozen=True)
class VerdictRules:
    """The least number of covered days for `unused`, the trails where they are known, and the exclusions.

    `trails` are the configuration's; only without them does what was read from AWS (`readings`) count.
    """

    min_covered_days: int = 1
    trails: tuple[Trail, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    readings: Callable[[Window], tuple[Reading, ...]] = _none

    def trails_over(self, window: Window) -> tuple[Trail, ...]:
        """Return the trails whose settings held on every day of the window."""
        return in_force(self.trails, window) if self.trails else recorded_over(self.readings(window), window)
