"""`eventTime` as microseconds since 1970-01-01 UTC."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from assets.cloudtrail_usage.remembered import Remembered

MICROSECONDS_A_DAY = 86_400_000_000
_REMEMBERED = 20_000
# Microseconds by the end of a time as CloudTrail writes it.
_SECONDS = {f"{second:02}Z": second * 1_000_000 for second in range(60)}
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
    """`micros_of` for many times: a day has only 1,440 minutes, and each is parsed once."""

    def __init__(self) -> None:
        """Start without minutes."""
        self._minutes = Remembered(_minute_of, _REMEMBERED)

    def times_of(self, texts: Sequence[str]) -> list[int]:
        """Return what `micros_of` returns of each. Raises ValueError where that is None of any."""
        minutes, seconds = self._minutes, _SECONDS
        try:
            return [minutes[text[:17]] + seconds[text[17:]] for text in texts]
        except (KeyError, ValueError):
            return [_checked(text) for text in texts]


def _minute_of(start: str) -> int:
    return _checked(f"{start}00Z")


def _checked(text: str) -> int:
    micros = micros_of(text)
    if micros is None:
        raise ValueError(f"{text[:60]!r} is no time")
    return micros


def day_of(number: int) -> date:
    """Return the date of a day counted from 1970-01-01."""
    return date.fromordinal(_EPOCH.toordinal() + number)


def day_number(day: date) -> int:
    """Return how many days after 1970-01-01 a date is."""
    return day.toordinal() - _EPOCH.toordinal()
