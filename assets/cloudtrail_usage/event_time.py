"""`eventTime` as microseconds since 1970-01-01 UTC."""

import re
from datetime import UTC, date, datetime, timedelta

MICROSECONDS_A_DAY = 86_400_000_000
_REMEMBERED = 100_000
SECONDS = {f"{second:02}Z": second * 1_000_000 for second in range(60)}
"""Microseconds by the end of a time as CloudTrail writes it."""
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


class EventTimes:
    """`micros_of` for many times: a day has only 1,440 minutes, and each is parsed once.

    The time of a text is `minutes[text[:17]] + SECONDS[text[17:]]` where both are there, else `micros_of(text)`.
    """

    def __init__(self) -> None:
        """Start without minutes."""
        self.minutes: dict[str, int] = {}

    def micros_of(self, text: str) -> int | None:
        """Return what `micros_of` returns."""
        second = SECONDS.get(text[17:])
        if second is None:
            return micros_of(text)
        start = text[:17]
        minute = self.minutes.get(start)
        if minute is None:
            minute = micros_of(start + "00Z")
            if minute is None:
                return None
            if len(self.minutes) >= _REMEMBERED:
                self.minutes.clear()
            self.minutes[start] = minute
        return minute + second


def day_of(number: int) -> date:
    """Return the date of a day counted from 1970-01-01."""
    return date.fromordinal(_EPOCH.toordinal() + number)


def day_number(day: date) -> int:
    """Return how many days after 1970-01-01 a date is."""
    return day.toordinal() - _EPOCH.toordinal()
