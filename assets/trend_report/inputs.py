"""What a report is made from: the tables, cut to one account and day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.iam_snapshots.principals import principals
from assets.principal_diffs.actors import actors
from assets.principal_diffs.coverage import Window, covered_days
from assets.principal_diffs.diff import Used
from assets.trend_report.assumed import assumed


@dataclass(frozen=True)
class ReportTables:
    """The tables that reports are made from, lazy, with `day` and `account`.

    Of `account_trends`, `usage`, `assumptions` and `coverage` all days of the window count, of the others its last day.
    """

    trends: pl.LazyFrame
    account_trends: pl.LazyFrame
    changes: pl.LazyFrame
    diffs: pl.LazyFrame
    grants: pl.LazyFrame
    sources: pl.LazyFrame
    problems: pl.LazyFrame
    snapshots: pl.LazyFrame
    usage: pl.LazyFrame
    assumptions: pl.LazyFrame
    coverage: pl.LazyFrame


@dataclass(frozen=True)
class ReportOptions:
    """What the configuration says: the window's length, from how many covered days on silence counts, names."""

    lookback_days: int
    min_covered_days: int
    name_of: Callable[[str], str]


@dataclass(frozen=True)
class AccountDay:
    """One account on one day: the rows of the tables that the report shows.

    `people`: a row of `permission_trends` for each user and role, with `created_at`, `role_last_used`,
    `last_seen` (UTC), `activity` (used, unused or unknown: see `principal_diffs.actors`), `owner`
    (`service_linked_role`, `sso_role` or empty), `assumptions` and `assumed_at` (see `assumed`). `series`:
    `account_trends` with `day`, in order.
    """

    account: str
    name: str
    window: Window
    people: pl.DataFrame
    series: pl.DataFrame
    changes: pl.DataFrame
    diffs: pl.DataFrame
    grants: pl.DataFrame
    sources: pl.DataFrame
    problems: pl.DataFrame
    coverage: pl.DataFrame
    covered: tuple[date, ...]


def account_day(account: str, day: date, tables: ReportTables, options: ReportOptions) -> AccountDay:
    """Read what the report of that account and day shows. Raises `InputError` where the snapshot is not there."""
    window = Window.ending(day, options.lookback_days)
    here = pl.col("account") == account
    inside = here & pl.col("day").is_between(window.start, window.end)

    def on_day(table: pl.LazyFrame) -> pl.LazyFrame:
        return table.filter(here & (pl.col("day") == day)).drop("day", "account")

    coverage = tables.coverage.filter(inside).drop("account").collect().sort("day", "region")
    snapshot = principals(on_day(tables.snapshots).collect())
    used = Used(tables.usage.filter(inside), coverage.lazy())
    active = actors(account, snapshot, used, window, min_covered_days=options.min_covered_days)
    trends = on_day(tables.trends).collect()
    return AccountDay(
        account=account,
        name=options.name_of(account),
        window=window,
        people=_people(trends, snapshot, active, assumed(snapshot, tables.assumptions.filter(inside))),
        series=tables.account_trends.filter(inside).drop("account").collect().sort("day"),
        changes=on_day(tables.changes).collect(),
        diffs=on_day(tables.diffs).collect(),
        grants=on_day(tables.grants).select("principal_arn", "action", "granted_by").collect(),
        sources=on_day(tables.sources).collect(),
        problems=on_day(tables.problems).collect(),
        coverage=coverage,
        covered=tuple(covered_days(coverage.lazy(), window)),
    )


def _people(
    trends: pl.DataFrame, snapshot: pl.DataFrame, active: pl.DataFrame, taken: pl.DataFrame
) -> pl.DataFrame:
    owner = (
        pl.when("service_linked")
        .then(pl.lit("service_linked_role"))
        .when("sso")
        .then(pl.lit("sso_role"))
        .otherwise(pl.lit(""))
    )
    known = snapshot.select("principal_arn", "created_at", "role_last_used", owner=owner)
    seen = active.select("principal_arn", "last_seen", activity="status")
    return (
        trends.join(known, on="principal_arn", how="left")
        .join(seen, on="principal_arn", how="left")
        .join(taken, on="principal_arn", how="left")
        .with_columns(pl.col("assumptions").fill_null(0))
        .sort(["risk_score", "unused", "principal_arn"], descending=[True, True, False])
    )
