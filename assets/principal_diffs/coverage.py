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


DELIVERED = pl.col("bytes") > 0
"""Of `log_coverage`: files were delivered on the day itself.

Events of the day in a file of the next one say that something was logged in its last minutes, and no more.
"""

HELD = (pl.col("permission_events") + pl.col("other_events") + pl.col("duplicates")) > 0
"""Of `log_coverage`: events of the day were found, in whatever delivery.

The first files of a day hold the last events of the day before: they come also when logging ended there.
"""


def covered_days(coverage: pl.LazyFrame, window: Window) -> list[date]:
    """Return the days of the window whose logs are there and whole, in order.

    `coverage` is `log_coverage` with the column `day`. A day is covered when files were delivered on it (`DELIVERED`),
    events of it were found (`HELD`), and no region's logs were cut short, unreadable or still awaited, in whatever
    delivery its events may be. A region without files on such a day does not uncover it: CloudTrail delivers no file
    where nothing happened.
    """
    # Collected before it is grouped: a group_by that streams over hundreds of small files takes three times as long.
    days = (
        coverage.filter(pl.col("day").is_between(window.start, window.end))
        .select(
            "day",
            DELIVERED.alias("delivered"),
            HELD.alias("held"),
            "files",
            "rejected",
            "doubtful",
            "provisional",
            "complete",
        )
        .collect()
        .group_by("day")
        .agg(
            pl.col("delivered", "held").any(),
            (
                (pl.col("rejected") > 0)
                | (pl.col("doubtful").fill_null(0) > 0)
                | pl.col("provisional")
                | ((pl.col("files") > 0) & ~pl.col("complete"))
            )
            .any()
            .alias("broken"),
        )
        .filter(pl.col("delivered") & pl.col("held") & ~pl.col("broken"))
        .sort("day")
    )
    return days["day"].to_list()


def since(starts: pl.Series, covered: list[date]) -> pl.Series:
    """Return for each date how many of the covered days (in order) do not lie before it."""
    before = pl.Series(covered, dtype=pl.Date).search_sorted(starts, side="left")
    return (len(covered) - before.cast(pl.Int64)).alias("covered_days")
