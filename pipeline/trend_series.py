"""The trends as a series: a row a week, from the tables."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from assets.errors import UsageError
from assets.partitions import AnyPartition, DayPartition, Partition
from assets.permission_trends.schema import STATUS_COUNTS
from pipeline.lake import Lake
from pipeline.plan import Plan, configured_at
from pipeline.principal_names import rows_named
from pipeline.settings import AccountSettings, Settings
from pipeline.trend_plan import stale_trends

SERIES = (
    *STATUS_COUNTS,
    "risk_score",
    "score_version",
    "covered_days",
    "window_days",
)


@dataclass(frozen=True)
class Weeks:
    """So many weeks, the last of which ends with `end`."""

    end: date
    number: int

    @property
    def ends(self) -> list[date]:
        """The last day of each week, in order."""
        return [self.end - timedelta(days=7 * n) for n in reversed(range(self.number))]

    @property
    def days(self) -> list[date]:
        """All days, in order."""
        return [self.end - timedelta(days=n) for n in reversed(range(7 * self.number))]


def plan_trends(lake: Lake, settings: Settings, account: AccountSettings, weeks: Weeks) -> Plan:
    """Plan the trends of the days whose diffs are stored: no logs are read for a series, and no diffs made."""
    days = stale_trends(lake, account.id, weeks.days, (), configured_at(settings))
    return Plan(account.id, False, (), (), (), trends=tuple(days))


def series(
    lake: Lake, weeks: Weeks, account: AccountSettings | None, principal: tuple[str, str] | None
) -> pl.DataFrame:
    """Return a row for each week: `week_to`, `day`, and `SERIES`, as they are on the week's last stored day.

    Of all accounts together also `accounts`, how many are summed up: on some day not all of them may be stored.
    `day` and what follows is null where no day of the week is stored. `account` None stands for all accounts,
    `principal` (type, and name or ARN) for one of an account. Raises `UsageError` where nothing is stored, or for a
    name that no day knows or that two have on one day.
    """
    table = "organization_trends" if account is None else "account_trends"
    table = table if principal is None else "permission_trends"
    partitions = _last_of_each_week(lake, table, weeks, account)
    if not partitions:
        raise UsageError(
            f"no trends from {weeks.days[0]} to {weeks.end}; make them with 'cloudtracker run --account"
            f" {account.name if account else 'all'} --from {weeks.days[0]} --to {weeks.end}'"
        )
    rows = lake.scan(table, list(partitions.values()))
    if principal is None:
        found = rows.select("day", *SERIES, *(["accounts"] if account is None else [])).collect()
    else:
        place = f"account {account.name if account else 'all'}, {weeks.days[0]} to {weeks.end}"
        found = _rows_of(rows, *principal, place)
    asked = pl.DataFrame(
        [(end, partitions[end].day if end in partitions else None) for end in weeks.ends],
        schema={"week_to": pl.Date, "day": pl.Date},
        orient="row",
    )
    return asked.join(found, on="day", how="left", maintain_order="left")


def unlike_coverage(lake: Lake, rows: pl.DataFrame, account: AccountSettings | None) -> list[str]:
    """Return whose days with complete logs are not equally many, or not of equally many, in all weeks of `series`.

    The ids of accounts where `rows` sums up all of them (`account` None), else that of the account.
    """
    shown = rows.drop_nulls("day")
    if account is not None:
        coverage = shown.select("covered_days", "window_days", account=pl.lit(account.id))
    else:
        days = set(shown["day"])
        partitions = [one for one in lake.partitions("account_trends") if one.day in days]
        columns = ("covered_days", "window_days", "account")
        coverage = lake.scan("account_trends", partitions).select(columns).collect()
    coverage = coverage.drop_nulls().unique()
    return coverage.filter(pl.col("account").is_duplicated())["account"].unique().sort().to_list()


def _rows_of(rows: pl.LazyFrame, kind: str, name: str, place: str) -> pl.DataFrame:
    """Return `day` and `SERIES` of one user or role. Raises `UsageError` as `rows_named`."""
    names = ("day", "principal_type", "principal_name", "principal_arn")
    is_asked = (pl.col("principal_name") == name) | (pl.col("principal_arn") == name)
    found = rows.filter((pl.col("principal_type") == kind) & is_asked).select(*names, *SERIES).collect()
    # All others are read only where near names are to be told.
    everyone = found if found.height else rows.select(names).collect()
    return rows_named(everyone, kind, name, place).select("day", *SERIES)


def _last_of_each_week(
    lake: Lake, table: str, weeks: Weeks, account: AccountSettings | None
) -> dict[date, Partition | DayPartition]:
    found: list[AnyPartition] = lake.cuts(table) if account is None else [*lake.partitions(table, account.id)]
    stored = {one.day: one for one in found if isinstance(one, Partition | DayPartition)}
    last: dict[date, Partition | DayPartition] = {}
    for end in weeks.ends:
        days = [day for day in (end - timedelta(days=n) for n in range(7)) if day in stored]
        if days:
            last[end] = stored[days[0]]
    return last
