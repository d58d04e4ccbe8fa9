"""The numbers at the top of the page and the line of days below them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.trend_report.inputs import AccountDay

NUMBERS = (
    ("unused", "Unused permissions", "less"),
    ("used", "Used permissions", ""),
    ("unknown", "Unknown use", "less"),
    ("not_granted", "Used without grant", "less"),
    ("without_use", "Without any use", "less"),
    ("risk_score", "Risk score", "less"),
)
"""The headline: column of `account_trends`, label, and which direction is the better one."""
_JUDGED = ("used", "unused", "unknown")
# Not of what is granted: where a policy could not be read, what was used without a known grant is unknown, too.
_WHOLES = {**dict.fromkeys(_JUDGED, _JUDGED), "without_use": ("principals",)}


@dataclass(frozen=True)
class Number:
    """One number of the headline, `whole` what it is a part of (else None).

    `before` is None where no earlier day can be compared with.
    """

    name: str
    label: str
    value: float
    before: float | None
    better: str
    whole: float | None = None


def joined(accounts: Sequence[AccountDay]) -> pl.DataFrame:
    """Sum `account_trends` over the accounts, a row a day, in order.

    Days on which one of them is not stored are left out: their sums would show a jump that never was. So would a
    `risk_score` of other weights than the last day's: it is null.
    """
    days = pl.concat([account.series for account in accounts])
    sums = [column for column, dtype in days.schema.items() if dtype.is_numeric()]
    return (
        days.group_by("day")
        .agg(
            *(pl.col(column).sum() for column in sums),
            score_version=pl.col("score_version").unique().sort().str.join(" "),
            stored=pl.len(),
        )
        .filter(pl.col("stored") == len(accounts))
        .drop("stored")
        .sort("day")
        .with_columns(pl.when(pl.col("score_version") == pl.col("score_version").last()).then("risk_score"))
    )


def headline(series: pl.DataFrame, day: date) -> tuple[list[Number], date | None]:
    """Return the numbers of `day`, and the nearest earlier stored day that they are compared with."""
    today = series.filter(pl.col("day") == day)
    if not today.height:
        return [], None
    now = today.row(0, named=True)
    earlier = series.filter(pl.col("day") < day)
    then = earlier.row(-1, named=True) if earlier.height else None
    numbers = []
    for name, label, better in NUMBERS:
        comparable = then is not None and (
            name != "risk_score" or then["score_version"] == now["score_version"]
        )
        before = float(then[name]) if then is not None and comparable else None
        whole = float(sum(now[column] for column in _WHOLES[name])) if name in _WHOLES else None
        numbers.append(Number(name, label, float(now[name]), before, better, whole))
    return numbers, then["day"] if then else None
