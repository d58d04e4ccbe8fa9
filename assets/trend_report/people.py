"""The principals of the page, and what the page tells of each one."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import polars as pl

from assets.permission_trends.schema import STATUS_COUNTS
from assets.trend_report.effects import STATUSES
from assets.trend_report.inputs import AccountDay
from assets.trend_report.provenance import Provenance
from assets.trend_report.runs import runs
from assets.trend_report.texts import Texts

COLUMNS = (
    "account",
    "type",
    "name",
    "arn",
    "id",
    "risk",
    *STATUS_COUNTS,
    "restricted",
    "created",
    "last_seen",
    "activity",
    "owner",
    "iam_last_used",
    "assumptions",
    "assumed_at",
)
"""Of a row of `people_rows`: numbers of texts are marked in page.js, which reads them by these names."""

_MINUTE = "%Y-%m-%d %H:%M"


def people_rows(account: AccountDay, at: int, found: Provenance, texts: Texts) -> list[list[Any]]:
    """Return the rows of an account's principals, riskiest first; `at` is the account's place in the page."""
    limited = found.granted.filter("restricted").group_by("principal_arn").agg(n=pl.len())
    restricted = dict(limited.iter_rows())
    return [
        [
            at,
            row["principal_type"],
            row["principal_name"],
            row["principal_arn"],
            row["principal_id"],
            round(row["risk_score"], 1),
            *(row[name] for name in STATUS_COUNTS),
            restricted.get(row["principal_arn"], 0),
            moment(row["created_at"]),
            moment(row["last_seen"]),
            row["activity"] or "",
            texts.at(row["owner"]),
            moment(row["role_last_used"]),
            row["assumptions"],
            moment(row["assumed_at"]),
        ]
        for row in account.people.iter_rows(named=True)
    ]


def details(account: AccountDay, found: Provenance, numbers: pl.DataFrame, texts: Texts) -> list[list[Any]]:
    """Return what unfolds below each principal, in the order of `people_rows`: five lists.

    First its policies, as in `Provenance.policies`. Then what is unused: `[reason, exclusion, places of the statements,
    size, runs]`; unknown: `[reason, size, runs]`; used: `[action, events, last use]`; used without a grant: `[action,
    reason, events, last use]`.
    Texts, actions (`at` of `numbers`) and runs are numbers.
    """
    at = numbers.select("action", "at")
    granted = found.granted.join(at, on="action")
    unused = _unused(granted, found, texts)
    unknown = defaultdict(list)
    vague = granted.filter(pl.col("status") == "unknown")
    for arn, reason, n, text in runs(vague, ["principal_arn", "reason"]).iter_rows():
        unknown[arn].append([texts.at(reason), n, texts.at(text)])
    used = _uses(granted.filter(pl.col("status") == "used"), texts, with_reason=False)
    outside = account.diffs.filter(pl.col("status") == "not_granted").join(at, on="action")
    missing = _uses(outside, texts, with_reason=True)
    return [
        [found.policies.get(arn, []), unused[arn], unknown[arn], used[arn], missing[arn]]
        for arn in account.people["principal_arn"]
    ]


def _unused(granted: pl.DataFrame, found: Provenance, texts: Texts) -> dict[str, list[Any]]:
    rows = granted.filter(pl.col("status").is_in([STATUSES[0], STATUSES[3]]))
    # What is excluded stays unused, with the reason that somebody gave for leaving it.
    sets = runs(
        rows.with_columns(pl.col("set").fill_null("")), ["principal_arn", "reason", "exclusion", "set"]
    )
    unused = defaultdict(list)
    for arn, reason, exclusion, names, n, text in sets.iter_rows():
        places = found.places.get((arn, names), [])
        unused[arn].append([texts.at(reason), texts.at(exclusion), places, n, texts.at(text)])
    return unused


def _uses(rows: pl.DataFrame, texts: Texts, *, with_reason: bool) -> dict[str, list[Any]]:
    uses = defaultdict(list)
    # As `moment` writes it, of all rows at once.
    last = pl.col("last_used").dt.strftime(_MINUTE).fill_null("")
    columns = ("principal_arn", "at", "reason", "events", last)
    for arn, at, reason, events, used_at in rows.sort("principal_arn", "at").select(columns).iter_rows():
        uses[arn].append([at, *([texts.at(reason)] if with_reason else []), events, used_at])
    return uses


def moment(time: datetime | date | None) -> str:
    """Write a time (UTC) to the minute, a date as it is; nothing is an empty text."""
    if time is None:
        return ""
    return f"{time:{_MINUTE}}" if isinstance(time, datetime) else time.isoformat()
