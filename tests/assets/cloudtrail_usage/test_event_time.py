from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.cloudtrail_usage.event_time import day_number, day_of, micros_of, times_of
from assets.cloudtrail_usage.lines import Lines

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
    assert times_of(Lines([text])).to_list() == [micros]


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
    assert times_of(Lines(["2023-07-10T12:05:00Z", text])).to_list() == [NOON, None]


USUAL = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 30)).map(  # noqa: DTZ001
    lambda time: f"{time:%Y-%m-%dT%H:%M:%S}Z".rjust(20, "0")
)
NEARLY = st.from_regex(r"[0129]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z", fullmatch=True)
ODD = st.text(alphabet="0123456789-T:Z\n.+é\ud800", max_size=22)


@given(st.lists(st.one_of(USUAL, USUAL, NEARLY, ODD)))
def test_many_times_are_read_as_each_alone(texts: list[str]) -> None:
    assert times_of(Lines(texts)).to_list() == [micros_of(text) for text in texts]


@given(st.dates())
def test_day_numbers_count_from_1970(day: object) -> None:
    assert isinstance(day, type(day_of(0)))
    assert day_of(day_number(day)) == day
    assert day_number(day_of(0)) == 0
