"""Everything that the page says, as data."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from assets.permission_trends.schema import CHANGES
from assets.principal_diffs.removable import REMOVABLE
from assets.principal_diffs.schema import REASONS
from assets.trend_report.coverage_words import coverage_words
from assets.trend_report.effects import STATUSES
from assets.trend_report.inputs import AccountDay
from assets.trend_report.people import COLUMNS, details, people_rows
from assets.trend_report.provenance import provenance
from assets.trend_report.removals import MOST, removals
from assets.trend_report.runs import LEVEL_ORDER, numbered
from assets.trend_report.series import Number
from assets.trend_report.texts import Texts

MOST_CHANGES = 500
_ORDER = {change: n for n, change in enumerate(CHANGES)}


def content(
    accounts: Sequence[AccountDay],
    day: date,
    series: pl.DataFrame,
    numbers: Sequence[Number],
    compared: date | None,
) -> dict[str, Any]:
    """Return the page's data, ready for JSON: dictionaries, lists, texts and numbers. page.js reads it.

    Actions stand once, in `actions`; what a principal does not use is runs of their numbers (see `runs`).
    """
    texts = Texts()
    actions = numbered(
        pl.concat([account.diffs.select("action", "access_level", "status") for account in accounts])
    )
    people: list[list[Any]] = []
    more: list[list[Any]] = []
    gone: list[list[Any]] = []
    for at, account in enumerate(accounts):
        found = provenance(account.diffs, account.grants, account.sources, texts)
        people += people_rows(account, at, found, texts)
        more += details(account, found, actions, texts)
        gone += [[at, *row] for row in removals(found, account.people, texts)]
    changed = [row for at, one in enumerate(accounts) for row in _changed(one, at)]
    gone.sort(key=lambda row: (-row[5], row[6], row[0]))
    window = accounts[0].window
    return {
        "day": day.isoformat(),
        "window": [window.start.isoformat(), window.end.isoformat(), window.length],
        "since": sorted({day.isoformat() for day in map(_since, accounts) if day}),
        "compared": compared.isoformat() if compared else None,
        "accounts": [[one.account, one.name, coverage_words(one), len(one.covered)] for one in accounts],
        "numbers": [
            [one.name, one.label, one.value, one.before, one.better, one.whole, one.unsure] for one in numbers
        ],
        "series": _series(series),
        "levels": list(LEVEL_ORDER),
        "statuses": list(STATUSES),
        "columns": list(COLUMNS),
        "reasons": REASONS,
        "owners": REMOVABLE,
        "changes": CHANGES,
        "actions": _actions(actions),
        "people": people,
        "more": more,
        "removals": gone[:MOST],
        # By kind, not by account: else the first accounts' would leave no room for what others are granted.
        "changed": sorted(changed, key=lambda row: _ORDER.get(row[1], len(_ORDER)))[:MOST_CHANGES],
        "more_changes": max(0, len(changed) - MOST_CHANGES),
        "texts": texts.all,
    }


def _series(series: pl.DataFrame) -> list[list[Any]]:
    columns = ("unused", "used", "unknown", "not_granted", "principals", "risk_score")
    return [[day.isoformat(), *counts] for day, *counts in series.select("day", *columns).iter_rows()]


def _actions(actions: pl.DataFrame) -> list[list[Any]]:
    levels = {level: n for n, level in enumerate(LEVEL_ORDER)}
    named = actions.with_columns(name=pl.col("action").str.split(":").list.slice(1).list.join(":"))
    # Lists, not words of one text: what somebody wrote into a policy may hold any character.
    grouped = named.group_by("service", "access_level", maintain_order=True).agg("name")
    return [
        [service, levels.get(level, len(LEVEL_ORDER) - 1), names]
        for service, level, names in grouped.iter_rows()
    ]


def _since(account: AccountDay) -> date | None:
    """Return the day that the account's changes are changes since; accounts may be stored on different days."""
    days: list[date] = account.changes["compared_with"].drop_nulls().to_list()
    earlier = account.series.filter(pl.col("day") < account.window.end)
    return max(days or earlier["day"].to_list(), default=None)


def _changed(account: AccountDay, at: int) -> list[list[Any]]:
    """Changes since the day before that is stored; those of a kind, principal and policy in a row with one action."""
    rows = (
        account.changes.group_by("change", "principal_type", "principal_name", "policy")
        .agg(pl.len().alias("n"), pl.col("action").min(), pl.col("compared_with").max())
        .with_columns(
            order=pl.col("change").replace_strict(_ORDER, default=len(_ORDER), return_dtype=pl.Int64)
        )
        .sort("order", "principal_name", "principal_type", "policy")
    )
    columns = ("change", "principal_type", "principal_name", "n", "action", "policy")
    return [[at, *row] for row in rows.select(columns).iter_rows()]
