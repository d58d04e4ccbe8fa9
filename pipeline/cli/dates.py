"""Dates as they are typed."""

from datetime import date

from assets.errors import UsageError


def parsed(flag: str, text: str | None) -> date | None:
    """Return the date that a flag gives, None where it is not given. Raises `UsageError`."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{flag} {text!r} is not a date; write it as 2026-06-30") from None
