"""From when to when each permission had which status: intervals over the stored days.

The history is a function of the stored diffs alone: adding, replacing or removing one day looks only at the
intervals next to it, and gives what building it from all days would give.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date

import polars as pl

from assets.permission_trends.alike import apart
from assets.permission_trends.schema import HISTORY_KEY, PERMISSION_HISTORY

_KEY = ["principal_arn", "action", "principal_id"]


def with_day(
    history: pl.DataFrame, days: Sequence[date], day: date, diff: pl.DataFrame | None
) -> pl.DataFrame:
    """Return the history (`PERMISSION_HISTORY`, not sorted) with one day added, replaced, or (None) removed.

    `days` are the stored days that the history holds, in order, with or without `day`; `diff` has `principal_arn`,
    `principal_id`, `action` and `status` of `principal_diffs` on the day. What the history says of days that are not
    in `days` between the neighbours of `day` is forgotten: a run that was killed may have left it.
    """
    at = bisect_left(days, day)
    rest = days[at + 1 :] if at < len(days) and days[at] == day else days[at:]
    before, after = (days[at - 1] if at else None), (rest[0] if rest else None)
    begins, seen, none = pl.col("valid_from"), pl.col("last_seen"), pl.lit(False)
    # A comparison with null is null, which a filter drops: without a neighbour there is nothing on that side.
    earlier, later = pl.lit(before, pl.Date), pl.lit(after, pl.Date)
    untouched = history.filter((seen < earlier).fill_null(none) | (begins > later).fill_null(none))
    # valid_to is always the stored day that follows last_seen: of what lasts until `before`, that is now `day`.
    left = history.filter((begins <= earlier) & (seen >= earlier)).with_columns(
        last_seen=earlier, valid_to=pl.lit(after if diff is None else day, pl.Date)
    )
    right = history.filter((begins <= later) & (seen >= later)).with_columns(valid_from=later)
    middle = history.clear()
    if diff is not None:
        here = pl.lit(day, pl.Date)
        middle = diff.with_columns(valid_from=here, valid_to=later, last_seen=here)
    return pl.concat([untouched, _joined(_joined(left, middle.select(list(PERMISSION_HISTORY))), right)])


def in_order(history: pl.DataFrame) -> pl.DataFrame:
    """Sort a history by its key, so that the same intervals are the same bytes."""
    return history.select(list(PERMISSION_HISTORY)).sort(HISTORY_KEY).rechunk()


def _joined(earlier: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """Join what touches: intervals of one permission with the same status where one begins when the other ends.

    Each has a permission at most once. What is joined keeps the order of the later one.
    """
    ends, begins = [*_KEY, "status", "valid_to"], [*_KEY, "status", "valid_from"]
    old, new, which = apart(earlier, later, list(zip(ends, begins, strict=True)))
    ended = old.join(new, left_on=ends, right_on=begins, how="anti")
    began = new.join(
        old.select(*_KEY, "status", pl.col("valid_to").alias("valid_from"), began="valid_from"),
        on=begins,
        how="left",
        maintain_order="left",
    ).select(pl.coalesce("began", "valid_from"))
    since = earlier["valid_from"] if earlier.height == later.height else later["valid_from"]
    since = since.scatter(which.arg_true(), began.to_series())
    return pl.concat([ended, later.with_columns(valid_from=since)])
