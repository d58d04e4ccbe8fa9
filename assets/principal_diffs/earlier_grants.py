"""What was granted on earlier days of a window: asked of those pairs that were used without a grant."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from assets.iam_snapshots.principals import principal
from assets.principal_diffs.coverage import Window

PAIR = {"principal": pl.String(), "action": pl.String()}
"""A principal (see `principals.principal`) and an action that it used."""


@dataclass
class _Looked:
    """What is known of an account: the pairs that were asked about, and on which days from `first` to before `end`."""

    first: date
    end: date
    asked: pl.DataFrame
    granted: pl.DataFrame


@dataclass
class EarlierGrants:
    """Looks through the grants of earlier days, through those of a day once for all windows that follow each other.

    The windows of two days have all days but two in common, and mostly the same pairs: without it, the diffs of a
    range of days would open the files of each day as often as the window has days. `grants`: `expanded_grants`, with
    `day` and `account`.
    """

    grants: pl.LazyFrame
    _looked: dict[str, _Looked] = field(default_factory=dict)

    def has_days(self, account: str, window: Window) -> bool:
        """Whether there are grants of a day of the window before its last."""
        return self._between(account, window.start, window.end).head(1).collect().height > 0

    def among(self, account: str, window: Window, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return those of the pairs (`PAIR`) that were granted on a day of the window before its last, each once."""
        if not pairs.height:
            return pairs
        looked = self._looked.get(account)
        # Of what was granted only the last day is known: a window that ends earlier is looked through anew.
        if looked is None or window.start < looked.first or window.end < looked.end:
            nothing = pl.DataFrame(schema=PAIR)
            looked = _Looked(
                window.start, window.start, nothing, nothing.with_columns(day=pl.lit(None, pl.Date))
            )
        new = pairs.join(looked.asked, on=list(PAIR), how="anti")
        found = [
            looked.granted,
            self._last_granted(account, looked.end, window.end, looked.asked),
            self._last_granted(account, looked.first, window.end, new),
        ]
        looked = _Looked(
            looked.first,
            window.end,
            pl.concat([looked.asked, new]),
            pl.concat(found).group_by(list(PAIR)).agg(pl.col("day").max()),
        )
        self._looked[account] = looked
        return pairs.join(looked.granted.filter(pl.col("day") >= window.start), on=list(PAIR), how="semi")

    def _last_granted(self, account: str, first: date, end: date, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return `PAIR` and the last `day` from `first` to before `end` that grants it, of those that one does."""
        if first >= end or not pairs.height:
            return pl.DataFrame(schema={**PAIR, "day": pl.Date})
        # Days of millions of grants: only those that are asked about may be held.
        return (
            self._between(account, first, end)
            .filter(pl.col("action").is_in(pairs["action"].unique().to_list()))
            .select(principal(), "action", "day")
            .join(pairs.lazy(), on=list(PAIR), how="semi")
            .group_by(list(PAIR))
            .agg(pl.col("day").max())
            .collect(engine="streaming")
        )

    def _between(self, account: str, first: date, end: date) -> pl.LazyFrame:
        return self.grants.filter(
            (pl.col("account") == account) & pl.col("day").is_between(first, end, closed="left")
        )
