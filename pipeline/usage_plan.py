"""Which days' logs have to be read (again): make's rule, as in `pipeline.plan`, and the waits for late deliveries."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from assets.partitions import Partition
from pipeline.lake import Lake
from pipeline.settings import Settings
from pipeline.sources import log_source
from pipeline.unfetched import days_to_fetch_again

USAGE_TABLES = ("cloudtrail_usage", "role_assumptions", "session_usage", "rejected_records", "log_coverage")
_COLUMNS = ("provisional", "late_for", "late_from", "not_fetched")


def stale_usage(
    lake: Lake, settings: Settings, account: str, days: Sequence[date], *, open_days: bool = True
) -> list[date]:
    """Return the days whose usage is missing, provisional, older than its logs, or lacks late deliveries.

    Without `open_days` a provisional day counts once its last delivery has been waited for, not before.
    """
    logs = log_source(settings)
    stored = _coverage(lake, account)
    late = _late_for(stored)
    waits = [timedelta(days=n) for n in range(settings.late_days + 1)]
    # Where a late delivery was found once, another file may come.
    deliveries = {day: [*(day + wait for wait in waits), *late.get(day, ())] for day in days}
    changed = logs.changed(account, sorted(set().union(*deliveries.values())))
    coverage = stored.filter(pl.col("day").is_in(days))
    provisional = set(coverage.filter("provisional")["day"])
    read = _late_from(coverage)
    again = days_to_fetch_again(lake, logs, account, coverage, settings.late_days)
    return [
        day
        for day in days
        if (day in provisional and (open_days or settings.now() >= closes_at(settings, day)))
        or day in again
        or not set(late.get(day, ())) <= read.get(day, set())
        or _is_older_than_its_logs(
            lake, settings, account, day, [changed.get(one) for one in deliveries[day]], open_days
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


def unread_late_days(lake: Lake, settings: Settings, account: str) -> list[date]:
    """Return the stored days whose late deliveries were found, and not or not wholly read when the day was made.

    Where a late file was found and read before, another may have come since: a delivery day that was made after the
    day that it holds late events of, and whose logs have changed since, is read again for that day.
    """
    coverage = _coverage(lake, account)
    late, read = _late_for(coverage), _late_from(coverage)
    kept = [Partition(day, account) for day in late if day >= settings.first_day]
    stored = {p.day for p in lake.existing("log_coverage", kept)}
    # One that was never made, or not again, has not found anything new.
    again = {
        (day, delivery): written
        for day in stored
        for delivery in late[day]
        if (written := _made_before(lake, account, day, delivery)) is not None
    }
    changed = log_source(settings).changed(account, sorted({delivery for _, delivery in again}))
    newer = {
        day
        for (day, delivery), written in again.items()
        if (at := changed.get(delivery)) is not None and at > written
    }
    return sorted(day for day in stored if day in newer or not set(late[day]) <= read.get(day, set()))


def _made_before(lake: Lake, account: str, day: date, delivery: date) -> datetime | None:
    # When a day was made, if its delivery was made after it.
    own, other = (lake.written_at("log_coverage", Partition(one, account)) for one in (day, delivery))
    return own if own is not None and other is not None and own < other else None


def late_deliveries(lake: Lake, account: str) -> dict[date, list[date]]:
    """Return, for each day whose events turned up outside of its own delivery days, where they were found."""
    return _late_for(_coverage(lake, account))


def _coverage(lake: Lake, account: str) -> pl.DataFrame:
    # Many small files: opening them takes longer than everything that is asked of them, so it is done once.
    partitions = lake.partitions("log_coverage", account)
    return lake.scan("log_coverage", partitions).select("day", *_COLUMNS).collect()


def _late_for(coverage: pl.DataFrame) -> dict[date, list[date]]:
    found: dict[date, set[date]] = defaultdict(set)
    for delivery, days in _lists(coverage, "late_for"):
        for day in days:
            found[day].add(delivery)
    return {day: sorted(deliveries) for day, deliveries in found.items()}


def _late_from(coverage: pl.DataFrame) -> dict[date, set[date]]:
    found: dict[date, set[date]] = defaultdict(set)
    for day, deliveries in _lists(coverage, "late_from"):
        found[day].update(deliveries)
    return found


def _lists(coverage: pl.DataFrame, name: str) -> list[tuple[date, list[date]]]:
    return coverage.filter(pl.col(name).list.len() > 0).select("day", name).rows()
