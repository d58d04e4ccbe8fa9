"""How many days of a window the logs really cover."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl


@dataclass(frozen=True)
class Window:
    """The days from `start` to `end`, both included."""

    start: date
    end: date

    @classmethod
    def ending(cls, end: date, days: int) -> "Window":
        """Return the window of that many days which ends with `end`."""
        return cls(end - timedelta(days=days - 1), end)

    @property
    def length(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    @property
    def days(self) -> list[date]:
        """Its days in order."""
        return [self.start + timedelta(days=n) for n in range(self.length)]


def covered_days(coverage: pl.LazyFrame, window: Window) -> list[date]:
    """Return the days of the window whose logs are there and whole, in order.

    `coverage` is `log_coverage` with the column `day`. A day is covered when at least one region has logs
    and no region's logs were cut short, unreadable or still awaited, in whatever delivery its events may be. A region
    without files on such a day does not uncover it: CloudTrail delivers no file where nothing happened.
    """
    # Collected before it is grouped: a group_by that streams over hundreds of small files takes three times as long.
    days = (
        coverage.filter(pl.col("day").is_between(window.start, window.end))
        .select("day", "files", "rejected", "doubtful", "provisional", "complete")
        .collect()
        .group_by("day")
        .agg(
            (pl.col("files") > 0).any().alias("any"),
            (
                (pl.col("rejected") > 0)
                | (pl.col("doubtful").fill_null(0) > 0)
                | pl.col("provisional")
                | ((pl.col("files") > 0) & ~pl.col("complete"))
            )
            .any()
            .alias("broken"),
        )
        .filter(pl.col("any") & ~pl.col("broken"))
        .sort("day")
    )
    return days["day"].to_list()


def since(starts: pl.Series, covered: list[date]) -> pl.Series:
    """Return for each date how many of the covered days (in order) do not lie before it."""
    before = pl.Series(covered, dtype=pl.Date).search_sorted(starts, side="left")
    return (len(covered) - before.cast(pl.Int64)).alias("covered_days")
