from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from assets.cloudtrail_usage.rejections import Reason
from tests.assets.cloudtrail_usage.log_files import (
    DAY,
    as_bytes,
    check_conservation,
    coverage,
    event,
    put,
    read,
    read_one,
)

NEXT = DAY + timedelta(days=1)
AFTER = DAY + timedelta(days=2)


def test_an_event_belongs_to_the_day_of_its_time(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    put(root, [event("e1", "2024-03-05T23:59:59Z"), event("e2", "2024-03-06T00:00:00Z")], day=NEXT)
    put(root, [event("e3", "2024-03-06T00:59:59+01:00")])
    days = read(root, [DAY, NEXT])
    assert days[DAY].usage["events"].to_list() == [2]
    assert days[NEXT].usage["events"].to_list() == [1]
    assert coverage(days[DAY])["files"] == 2
    assert coverage(days[NEXT])["files"] == 1
    assert coverage(days[DAY])["bytes"] < coverage(days[NEXT])["bytes"]


def test_late_events_are_told_and_then_counted(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    put(root, [event("e1")])
    put(root, [event("e2"), event("e1")], day=AFTER)
    days = read(root, [DAY, NEXT, AFTER])
    assert days[DAY].usage["events"].to_list() == [1]
    assert coverage(days[DAY])["late_for"] == []
    assert coverage(days[AFTER])["late_for"] == [DAY]
    assert coverage(days[AFTER])["records"] == 0
    again = read(root, [DAY, NEXT, AFTER], late_from={DAY: [AFTER]})
    assert again[DAY].usage["events"].to_list() == [2]
    row = coverage(again[DAY])
    assert (row["late_from"], row["files"], row["duplicates"], row["records"]) == ([AFTER], 2, 1, 3)
    assert coverage(again[AFTER])["late_for"] == [DAY]
    check_conservation(again[DAY])


def test_an_event_long_after_its_delivery_is_told_and_not_awaited(tmp_path: Path) -> None:
    role = {"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole"}
    future, tomorrow = "2033-07-10T10:00:00Z", "2024-03-06T00:00:01Z"
    put(tmp_path / "logs", [event("a"), event("b", tomorrow), event("c", future, **role)], "a.json.gz")
    put(tmp_path / "logs", [5, event("d", "2024-03-07T00:00:00Z"), event("e")], "b.json.gz")
    tables = read_one(tmp_path / "logs")
    told = [
        (row["file"][-9:], row["position"], row["reason"]) for row in tables.rejected.iter_rows(named=True)
    ]
    assert told == [
        ("a.json.gz", 2, Reason.BAD_EVENT_TIME),
        ("b.json.gz", 0, Reason.RECORD_NOT_OBJECT),
        ("b.json.gz", 1, Reason.BAD_EVENT_TIME),
    ]
    assert tables.rejected["detail"][0] == f"eventTime is {future!r}, days after the file was delivered"
    assert tables.usage["events"].sum() == 2 and tables.assumptions.is_empty()
    # The clock of a service may be fast.
    assert coverage(tables)["late_for"] == [DAY + timedelta(days=1)]
    assert not coverage(tables)["complete"]
    check_conservation(tables)


def test_what_was_rejected_later_lowers_the_days_it_could_hold(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for day in (DAY, NEXT, AFTER):
        put(root, [event(f"e{day}", f"{day}T10:00:00Z")], day=day)
        put(root, [event(f"f{day}", f"{day}T10:00:00Z")], day=day, region="eu-west-1")
    put(root, b"", "bad.json.gz", day=AFTER)
    days = read(root, [DAY, NEXT, AFTER])
    assert [coverage(days[day])["complete"] for day in days] == [True, False, False]
    assert [coverage(days[day])["rejected"] for day in days] == [0, 0, 1]
    assert [days[day].rejected.height for day in days] == [0, 0, 1]
    assert [coverage(days[day], "eu-west-1")["complete"] for day in days] == [True, True, True]


def test_a_region_without_files_is_a_row_and_not_complete(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    put(root, [event("e1")])
    put(root, [event("e2", "2024-01-01T00:00:00Z")], day=date(2024, 1, 1), region="ap-south-1")
    tables = read_one(root)
    assert tables.coverage["region"].to_list() == ["ap-south-1", "us-east-1"]
    row = coverage(tables, "ap-south-1")
    assert (row["files"], row["records"], row["complete"]) == (0, 0, False)


def test_a_region_whose_events_came_later_is_complete(tmp_path: Path) -> None:
    put(tmp_path / "logs", [event("e1")], day=NEXT)
    row = coverage(read_one(tmp_path / "logs"))
    assert (row["files"], row["bytes"], row["complete"]) == (1, 0, True)


@pytest.mark.parametrize(("hours", "provisional"), [(23, True), (24, False)])
def test_a_day_is_provisional_until_its_deliveries_are_in(
    tmp_path: Path, hours: int, provisional: bool
) -> None:
    put(tmp_path / "logs", [event("e1")])
    now = datetime(2024, 3, 6, tzinfo=UTC) + timedelta(hours=hours)
    row = coverage(read_one(tmp_path / "logs", now=now))
    assert (row["provisional"], row["complete"]) == (provisional, not provisional)


def test_a_day_is_the_same_in_every_range(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    week = [DAY + timedelta(days=n) for n in range(7)]
    for n, day in enumerate(week):
        times = [f"{week[max(n - back, 0)]}T10:00:00Z" for back in range(4)]
        put(root, [event(f"{n % 3}-{m}", time) for m, time in enumerate(times)] + [5], day=day)
    late_from = {week[0]: [week[3], week[5]], week[2]: [week[6], week[0]]}
    whole = read(root, week, late_from=late_from)
    assert list(whole) == week
    assert list(read(root, [week[4], week[1], week[1]])) == [week[1], week[4]]
    for day in week:
        assert as_bytes(read(root, [day], late_from=late_from)[day]) == as_bytes(whole[day])
        check_conservation(whole[day])
