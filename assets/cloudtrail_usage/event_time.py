"""`eventTime` as microseconds since 1970-01-01 UTC."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.cloudtrail_usage.lines import Lines

MICROSECONDS_A_DAY = 86_400_000_000
# A time as CloudTrail writes it and its end of line, with the lowest and the highest letter at each place.
_USUAL = "0000-00-00T00:00:00Z\n"
# Year, month, day, hour, minute, second.
_PLACES = (range(4), range(5, 7), range(8, 10), range(11, 13), range(14, 16), range(17, 19))
_SECOND = 1_000_000
_LOWEST = np.frombuffer(_USUAL.encode(), np.uint8)
_SPAN = np.frombuffer(b"9999-19-39T29:59:59Z\n", np.uint8) - _LOWEST
NEVER = 2**63 - 1
"""No `eventTime` is so late."""
DAYS_AHEAD = 1
"""Nothing is delivered before it happens; so many days are left to clocks that are fast."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
# RFC 3339, section 5.6. Seconds are always there, so are the zone and the T.
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)


def micros_of(text: str) -> int | None:
    """Return the microseconds since the epoch of an RFC 3339 time, or None when it is none (or before 1970).

    CloudTrail writes `2023-07-10T12:05:00Z`; fractions (cut to microseconds) and offsets are read too.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    try:
        time = datetime.fromisoformat(f"{day}T{clock}{zone.upper()}")
    except ValueError:
        return None
    micros = (time - _EPOCH) // timedelta(microseconds=1) + int((fraction or "").ljust(6, "0")[:6])
    return micros if 0 <= micros < _END else None


def times_of(texts: Lines) -> pl.Series:
    """Return what `micros_of` returns of each (Int64, null where that is None)."""
    usual = _usual(texts)
    if usual is not None:
        return usual
    return pl.Series([micros_of(text) for text in texts.texts()], dtype=pl.Int64)


def _usual(texts: Lines) -> pl.Series | None:
    """Return the times of texts as CloudTrail writes them, all at once; None where one of them is written otherwise."""
    joined = texts.joined()
    if not joined or len(joined) + 1 != texts.count * len(_USUAL):
        return None
    lines = np.frombuffer((joined + "\n").encode("ascii", "replace"), np.uint8)
    # A letter below the lowest becomes a large number: these have no sign.
    digits = lines.reshape(texts.count, len(_USUAL)) - _LOWEST
    if (digits > _SPAN).any():
        return None
    year, month, day, hour, minute, second = (_number(digits, places) for places in _PLACES)
    if hour.max() > 23:
        return None
    # Many events, few days: each is looked up once.
    numbers, at = np.unique((year * 100 + month) * 100 + day, return_inverse=True)
    dates = (f"{number // 10_000:04}-{number // 100 % 100:02}-{number % 100:02}" for number in numbers)
    days = [micros_of(f"{date}T00:00:00Z") for date in dates]
    if None in days:
        return None
    times = np.array(days, np.int64)[at] + ((hour * 60 + minute) * 60 + second) * np.int64(_SECOND)
    return pl.Series(times) if (times < _END).all() else None


def _number(digits: npt.NDArray[np.uint8], places: Sequence[int]) -> npt.NDArray[np.int32]:
    """Return the number that the digits at these places of each row are."""
    number = np.zeros(len(digits), np.int32)
    for place in places:
        number = number * 10 + digits[:, place]
    return number


def too_late(delivery: date) -> int:
    """Return the microseconds from which on the `eventTime` of what was delivered on a day is wrong."""
    return (day_number(delivery) + DAYS_AHEAD + 1) * MICROSECONDS_A_DAY


def day_of(number: int) -> date:
    """Return the date of a day counted from 1970-01-01."""
    return date.fromordinal(_EPOCH.toordinal() + number)


def day_number(day: date) -> int:
    """Return how many days after 1970-01-01 a date is."""
    return day.toordinal() - _EPOCH.toordinal()
