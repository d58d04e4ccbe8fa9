from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.cloudtrail_usage.event_time import EventTimes, day_number, day_of, micros_of

NOON = 1_688_990_700_000_000


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2023-07-10T12:05:00Z", NOON),
        ("2023-07-10T12:05:00.5Z", NOON + 500_000),
        ("2023-07-10T12:05:00.123456789Z", NOON + 123_456),
        ("2023-07-10T14:05:00+02:00", NOON),
        ("2023-07-10T06:35:00.25-05:30", NOON + 250_000),
        ("2023-07-10t12:05:00z", NOON),
        ("1970-01-01T00:00:00Z", 0),
    ],
)
def test_rfc_3339_is_read(text: str, micros: int) -> None:
    assert micros_of(text) == micros
    assert EventTimes().times_of([text]) == [micros]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-07-10",
        "2023-07-10 12:05:00Z",
        "2023-07-10T12:05:00",
        "2023-07-10T12:05Z",
        "20230710T120500Z",
        "2023-07-10T12:05:00Z ",
        "2023-07-10T12:05:00Z\n",
        "2023-02-30T12:05:00Z",
        "2023-07-10T24:05:00Z",
        "2023-07-10T12:05:60Z",
        "2023-07-10T12:05:00+25:00",
        "2023-07-10T12:05:00.Z",
        "٢023-07-10T12:05:00Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+10:00",
        "Mon Jul 10 12:05:00 UTC 2023",
        "1688990700",
    ],
)
def test_anything_else_is_not(text: str) -> None:
    assert micros_of(text) is None
    with pytest.raises(ValueError, match="is no time"):
        EventTimes().times_of(["2023-07-10T12:05:00Z", text])


@given(st.lists(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 30))))  # noqa: DTZ001
def test_remembered_minutes_change_nothing(times: list[datetime]) -> None:
    remembered = EventTimes()
    texts, expected = [], []
    for time in times:
        texts.append(f"{time:%Y-%m-%dT%H:%M:%S}Z".rjust(20, "0"))
        whole = time.replace(microsecond=0, tzinfo=UTC)
        expected.append((whole - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))
    assert remembered.times_of(texts) == remembered.times_of(texts) == expected
    assert [micros_of(text) for text in texts] == expected


@given(st.dates())
def test_day_numbers_count_from_1970(day: object) -> None:
    assert isinstance(day, type(day_of(0)))
    assert day_of(day_number(day)) == day
    assert day_number(day_of(0)) == 0
