"""Which days' logs have to be read (again): make's rule, as in `pipeline.plan`, and the waits for late deliveries."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from assets.partitions import Partition
from pipeline.lake import Lake
from pipeline.settings import Settings
from pipeline.sources import log_source
from pipeline.unfetched import days_to_fetch_again

USAGE_TABLES = ("cloudtrail_usage", "role_assumptions", "session_usage", "rejected_records", "log_coverage")


def stale_usage(
    lake: Lake, settings: Settings, account: str, days: Sequence[date], *, open_days: bool = True
) -> list[date]:
    """Return the days whose usage is missing, provisional, older than its logs, or lacks late deliveries.

    Without `open_days` a provisional day counts once its last delivery has been waited for, not before.
    """
    logs = log_source(settings)
    late = late_deliveries(lake, account)
    waits = [timedelta(days=n) for n in range(settings.late_days + 1)]
    changed = logs.changed(account, sorted({day + wait for day in days for wait in waits}))
    coverage = lake.scan("log_coverage", [Partition(day, account) for day in days])
    provisional = set(
        coverage.group_by("day")
        .agg(pl.col("provisional").any())
        .filter("provisional")
        .collect()["day"]
        .to_list()
    )
    read = _late_from(coverage)
    again = days_to_fetch_again(lake, logs, account, days, settings.late_days)
    return [
        day
        for day in days
        if (day in provisional and (open_days or settings.now() >= closes_at(settings, day)))
        or day in again
        or not set(late.get(day, ())) <= read.get(day, set())
        or _is_older_than_its_logs(
            lake, settings, account, day, [changed.get(day + wait) for wait in waits], open_days
        )
    ]


def closes_at(settings: Settings, day: date) -> datetime:
    """Return when the last delivery of a day's events has been waited for (UTC)."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1, hours=settings.late_hours)


def _is_older_than_its_logs(
    lake: Lake,
    settings: Settings,
    account: str,
    day: date,
    changed: Sequence[datetime | None],
    open_days: bool,
) -> bool:
    written = [lake.written_at(table, Partition(day, account)) for table in USAGE_TABLES]
    if any(time is None for time in written):
        return True
    oldest = min(time for time in written if time is not None)
    closed = closes_at(settings, day)
    newer = any(time is not None and time > oldest for time in changed)
    early = settings.as_of is None and oldest < closed
    return newer or (early and (open_days or settings.now() >= closed))


def unread_late_days(lake: Lake, account: str) -> list[date]:
    """Return the stored days whose late deliveries were found, and not read when the day was made."""
    late = late_deliveries(lake, account)
    stored = lake.existing("log_coverage", [Partition(day, account) for day in late])
    read = _late_from(lake.scan("log_coverage", stored))
    return sorted(p.day for p in stored if not set(late[p.day]) <= read.get(p.day, set()))


def _late_from(coverage: pl.LazyFrame) -> dict[date, set[date]]:
    rows = coverage.group_by("day").agg(pl.col("late_from").explode().unique()).collect()
    return {
        day: {delivery for delivery in deliveries if delivery is not None}
        for day, deliveries in rows.iter_rows()
    }


def late_deliveries(lake: Lake, account: str) -> dict[date, list[date]]:
    """Return, for each day whose events turned up outside of its own delivery days, where they were found."""
    partitions = lake.partitions("log_coverage", account)
    found = (
        lake.scan("log_coverage", partitions)
        .select("day", "late_for")
        .explode("late_for")
        .filter(pl.col("late_for").is_not_null())
        .group_by("late_for")
        .agg(pl.col("day").unique().sort())
        .collect()
    )
    return dict(found.iter_rows())
