"""Granted against used, for one account as large as an organisation."""

from collections.abc import Iterator

from benchmarks.expanding import iam_of
from benchmarks.measure import middle, peak, run, table
from benchmarks.sizes import Sizes


def measure(sizes: Sizes) -> Iterator[str]:
    """Yield the lines of the section."""
    root = sizes.data / "diff-lake"
    if not (root / "whole").exists():
        wanted = [str(sizes.diff_grants), str(sizes.diff_usage)]
        run(["-m", "benchmarks.diff_grants", "prepare", root, iam_of(sizes), *wanted])
        (root / "whole").touch()
    yield "## Diffs"
    yield ""
    yield (
        "One day's `principal_diffs`, from the Parquet of grants and of 30 days of usage to its own Parquet. Most of what is "
        "used is not granted here: where *days of grants* are stored, those before the last are looked through for each of "
        "these uses."
    )
    yield ""
    rows = []
    for days in (1, 30):
        runs = [
            run(["-m", "benchmarks.diff_grants", "measure", root, str(days)]) for _ in range(sizes.rounds)
        ]
        said = runs[0].said
        counts = [f"{said[name]:,}" for name in ("grants", "days", "usage", "rows")]
        rows.append([*counts, f"{middle(runs):.2f}", f"{peak(runs):,.0f}"])
    names = ["grants of a day", "days of grants", "rows of usage", "rows of the diff", "seconds", "peak MB"]
    yield from table(names, rows)
