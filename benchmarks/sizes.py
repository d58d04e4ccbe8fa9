"""How much is measured: everything, or small sizes that take minutes (`make bench QUICK=1`)."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sizes:
    """Sizes of what is generated; `data` is where it is kept between runs."""

    data: Path
    events: tuple[int, ...] = (200_000, 1_000_000, 5_000_000)
    few_events: int = 100_000
    iam: tuple[int, int, int] = (2_000, 500, 800)
    sampled_principals: int = 40
    diff_grants: int = 7_000_000
    diff_usage: int = 70_000
    organisations: tuple[tuple[int, int], ...] = ((10, 1_000_000), (100, 10_000_000))
    year: tuple[int, int] = (365, 100)
    rounds: int = 3


def quick(data: Path) -> Sizes:
    """Return small sizes."""
    return Sizes(
        data,
        events=(20_000, 100_000),
        few_events=10_000,
        iam=(200, 50, 100),
        sampled_principals=5,
        diff_grants=500_000,
        diff_usage=5_000,
        organisations=((2, 20_000), (8, 80_000)),
        year=(30, 10),
        rounds=1,
    )
