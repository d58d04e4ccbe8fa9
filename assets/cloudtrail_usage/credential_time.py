"""The times in what CloudTrail says of credentials, which have more spellings than `eventTime`."""

import re
from datetime import UTC, datetime, timedelta

from assets.cloudtrail_usage.event_time import micros_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# `20131102T010628Z`, in the examples of AWS's page on userIdentity.
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)
# `Jul 10, 2023, 12:09:47 PM`; other versions of Java leave the second comma out, or write a narrow space.
_AMERICAN = re.compile(r"([A-Z][a-z]{2}) (\d\d?), (\d{4}),? (\d\d?):(\d\d):(\d\d)\s([AP])M", re.ASCII)
_NARROW_SPACE = "\u202f"


def credential_micros(text: str | None) -> int | None:
    """Return the microseconds since 1970-01-01 UTC of a `creationDate` or `expiration`, None if it is none."""
    if not text:
        return None
    micros = micros_of(text)
    if micros is not None:
        return micros
    if basic := _BASIC.fullmatch(text):
        return _micros(*(int(part) for part in basic.groups()))
    if american := _AMERICAN.fullmatch(text.replace(_NARROW_SPACE, " ")):
        month, day, year, hour, minute, second, half = american.groups()
        if month in _MONTHS and 1 <= int(hour) <= 12:
            hours = int(hour) % 12 + (12 if half == "P" else 0)
            return _micros(int(year), _MONTHS.index(month) + 1, int(day), hours, int(minute), int(second))
    return None


def _micros(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int | None:
    try:
        time = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return max(0, (time - _EPOCH) // timedelta(microseconds=1))
