"""`--fail-on`: an exit code for scripts that want to be told."""

import sys
from collections.abc import Iterable

import polars as pl

from assets.errors import UsageError

FOUND = 1
"""The exit code where an answer holds what was asked to fail on."""
STATUSES = ("unused", "not_granted", "unknown")


def statuses(words: Iterable[str]) -> tuple[str, ...]:
    """Return the statuses that `--fail-on` names, each word one or several with commas. Raises `UsageError`."""
    named = [status.strip() for word in words for status in word.split(",")]
    for status in named:
        if status not in STATUSES:
            raise UsageError(f"--fail-on {status!r} is none of {', '.join(STATUSES)}")
    return tuple(status for status in STATUSES if status in named)


def exit_code(rows: pl.DataFrame, wanted: Iterable[str]) -> int:
    """Return `FOUND` where a row has one of these statuses and is not excluded, else 0; say it on stderr.

    `rows` are the answer's, after its filters, with the columns `status` and `excluded`.
    """
    left = rows.filter(~pl.col("excluded"))["status"].to_list()
    counts = [f"{left.count(status):,} {status}" for status in wanted if status in left]
    if counts:
        print(f"cloudtracker: --fail-on: {', '.join(counts)}", file=sys.stderr)
    return FOUND if counts else 0
