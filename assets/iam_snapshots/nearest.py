"""Which stored snapshot stands for a day on which none was taken."""

from collections.abc import Sequence
from datetime import UTC, date, datetime


def nearest(day: date, taken: Sequence[datetime]) -> datetime | None:
    """Return the snapshot time nearest to `day` by its UTC date, None if `taken` is empty.

    Ties go to the earlier: of two snapshots equally far the one before the day, of one date the first.
    Times without a zone are UTC.
    """
    return min(taken, key=lambda time: (abs((_utc_date(time) - day).days), time), default=None)


def _utc_date(time: datetime) -> date:
    return (time if time.tzinfo is None else time.astimezone(UTC)).date()
