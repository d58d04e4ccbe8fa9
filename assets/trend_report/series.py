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
    ("without_use", "No use seen", "less"),
    ("risk_score", "Risk score", "less"),
)
"""The headline: column of `account_trends`, label, and which direction is the better one."""
_JUDGED = ("used", "unused", "unknown")
# Not of what is granted: where a policy could not be read, what was used without a known grant is unknown, too.
_WHOLES = {**dict.fromkeys(_JUDGED, _JUDGED), "without_use": ("principals",)}
_COMPARABLE = {"risk_score": "score_version", "without_use": "dark"}
"""What of `joined` must be the same on both days."""


@dataclass(frozen=True)
class Number:
    """One number of the headline, `whole` what it is a part of (else None).

    `value` is None where no logs tell it, `before` where no earlier day can be compared with. Of `unsure` of those
    that are counted nobody can know whether they are counted rightly.
    """

    name: str
    label: str
    value: float | None
    before: float | None
    better: str
    whole: float | None = None
    unsure: int = 0


def joined(accounts: Sequence[AccountDay]) -> pl.DataFrame:
    """Sum `account_trends` over the accounts, a row a day, in order.

    Days on which one of them is not stored are left out: their sums would show a jump that never was. So would a
    `risk_score` of other weights than the last day's: it is null. `dark` names the accounts without a covered day.
    """
    days = pl.concat(
        [account.series.with_columns(dark_account=pl.lit(account.account)) for account in accounts]
    )
    sums = [column for column, dtype in days.schema.items() if dtype.is_numeric()]
    return (
        days.group_by("day")
        .agg(
            *(pl.col(column).sum() for column in sums),
            score_version=pl.col("score_version").unique().sort().str.join(" "),
            dark=pl.col("dark_account").filter(pl.col("covered_days") == 0).sort().str.join(" "),
            stored=pl.len(),
        )
        .filter(pl.col("stored") == len(accounts))
        .drop("stored")
        .sort("day")
        .with_columns(pl.when(pl.col("score_version") == pl.col("score_version").last()).then("risk_score"))
    )


def unsure_of(accounts: Sequence[AccountDay]) -> int | None:
    """Count the users and roles without a seen use of whom it is not known whether they used something.

    None where the logs of no account have a complete day: then it is not known of anybody.
    """
    if not any(account.covered for account in accounts):
        return None
    return sum(_unsure(account).height for account in accounts)


def _unsure(account: AccountDay) -> pl.DataFrame:
    unused = account.people.filter((pl.col("used") == 0) & (pl.col("not_granted") == 0))
    if not account.covered:
        return unused
    # A use whose grant could not be read is a verdict of its own: unknown, with events.
    performed = account.diffs.filter(pl.col("events") > 0)["principal_arn"].unique()
    unknown = pl.col("activity").fill_null("unknown") == "unknown"
    return unused.filter(unknown | pl.col("principal_arn").is_in(performed.implode()))


def headline(series: pl.DataFrame, day: date, unsure: int | None = 0) -> tuple[list[Number], date | None]:
    """Return the numbers of `day`, and the nearest earlier stored day that they are compared with.

    `series`: see `joined`; `unsure`: see `unsure_of`. Days on which other accounts have no logs are not compared:
    whoever came into view there, or went out of it, changed nothing.
    """
    today = series.filter(pl.col("day") == day)
    if not today.height:
        return [], None
    now = today.row(0, named=True)
    earlier = series.filter(pl.col("day") < day)
    then = earlier.row(-1, named=True) if earlier.height else None
    numbers = []
    for name, label, better in NUMBERS:
        same = _COMPARABLE.get(name)
        comparable = same is None or (then is not None and then[same] == now[same])
        before = float(then[name]) if then is not None and comparable else None
        whole = float(sum(now[column] for column in _WHOLES[name])) if name in _WHOLES else None
        if name != "without_use":
            numbers.append(Number(name, label, float(now[name]), before, better, whole))
        elif unsure is None:
            numbers.append(Number(name, label, None, None, better, whole))
        else:
            numbers.append(Number(name, label, float(now[name]), before, better, whole, unsure))
    return numbers, then["day"] if then else None
