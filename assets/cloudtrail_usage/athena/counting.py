"""The rows of the query into the tables of days, with the functions that the local reader uses."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.athena.coding import AccountRows, code
from assets.cloudtrail_usage.athena.merging import merge_counted
from assets.cloudtrail_usage.athena.query import delivery_day
from assets.cloudtrail_usage.deliveries import Clock, coverage_frame, rejected_frame
from assets.cloudtrail_usage.event_columns import bad_time
from assets.cloudtrail_usage.event_time import MICROSECONDS_A_DAY, day_number, micros_of, too_late
from assets.cloudtrail_usage.reader import DayTables
from assets.cloudtrail_usage.rejections import WHOLE_FILE, Rejection
from assets.cloudtrail_usage.scan import RegionDay
from assets.cloudtrail_usage.staging import remove_day, write_staged


def tables(rows: AccountRows, clock: Clock, staging: Path, secret: bytes) -> Iterator[DayTables]:
    """Yield the tables of each day of the plan, in order; `secret` hashes the ids of access keys.

    `staging` is an empty folder, in which a day's large tables wait until the next day is asked for.
    """
    held = _held(rows)
    coded = code(rows, secret)
    for day in rows.plan.days:
        number = day_number(day)
        of_day = coded.events.filter(pl.col("day") == number)
        write_staged(staging, number, "sessions", "0", coded.sessions)
        write_staged(
            staging, number, "assumed", "0", coded.assumptions.filter(pl.col("event_time").dt.date() == day)
        )
        merged = merge_counted(
            staging,
            number,
            coded.keys,
            of_day.filter(~pl.col("single")).rename({"id": "last_event_id"}),
            of_day.filter("single").rename({"first_seen": "time"}),
            {at.region: events for at, events in held.items() if at.day == number},
        )
        coverage = coverage_frame(day, rows.plan, rows.deliveries, rows.regions, merged.counts, clock)
        rejected = rejected_frame(rows.deliveries[day].rejected)
        yield DayTables(day, merged.usage, merged.assumptions, merged.sessions, coverage, rejected)
        remove_day(staging, number)


def _held(rows: AccountRows) -> Counter[RegionDay]:
    """Tell the deliveries what their files held; return the copies of events by region and day asked for."""
    index = {region: number for number, region in enumerate(rows.regions)}
    served = {delivery: rows.plan.served(delivery) for delivery in rows.deliveries}
    copies: Counter[RegionDay] = Counter()
    positions: Counter[str] = Counter()
    for row in rows.files.sort("path", "event_day", "odd_time", "problem", "detail").iter_rows(named=True):
        delivery, region = delivery_day(row["delivery"]), index[row["region"]]
        day, defect = _day_of(row), _defect(row)
        into = rows.deliveries[delivery]
        if defect is not None:
            file = row["path"].removeprefix(rows.root)
            for _ in range(row["events"]):
                positions[file] += 1
                into.rejected.append(Rejection(row["region"], file, -1 - positions[file], *defect))
            continue
        assert day is not None
        at = RegionDay(region, day)
        newest = day_number(delivery)
        if not newest - rows.plan.late_days <= day <= newest:
            into.late.add(at)
        if day in served[delivery]:
            # A file whose times are written in two ways is two rows.
            into.held[at] += 1
            copies[at] += row["events"]
    return copies


def _day_of(row: Mapping[str, str]) -> int | None:
    if row["event_day"]:
        return day_number(date.fromisoformat(row["event_day"]))
    micros = micros_of(row["odd_time"])
    return None if micros is None else micros // MICROSECONDS_A_DAY


def _defect(row: Mapping[str, str]) -> tuple[str, str] | None:
    problem = row["problem"]
    if problem == "identity_missing":
        return problem, "no userIdentity"
    if not row["event_day"]:
        time = micros_of(row["odd_time"])
        if time is None or time >= too_late(delivery_day(row["delivery"])):
            defect = bad_time(WHOLE_FILE, row["odd_time"])
            return defect.reason.value, defect.detail
    return {
        "": None,
        "no_event_source": ("missing_event_source", "no eventSource"),
        "no_event_name": ("missing_event_name", "no eventName"),
        "foreign_recipient": (problem, f"recipientAccountId is {row['detail'][:60]!r}"),
        "missing_event_source": (problem, "eventSource is empty"),
        "missing_event_name": (problem, "eventName is empty"),
    }[problem]
