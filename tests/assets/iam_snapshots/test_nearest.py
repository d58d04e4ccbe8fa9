from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from assets.iam_snapshots.nearest import nearest

EARLY, MORNING, EVENING = (
    datetime(2024, 1, 1, 23, 59, tzinfo=UTC),
    datetime(2024, 1, 5, 6, tzinfo=UTC),
    datetime(2024, 1, 5, 20, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2023, 6, 1), EARLY),
        (date(2024, 1, 1), EARLY),
        (date(2024, 1, 2), EARLY),
        (date(2024, 1, 3), EARLY),  # two days from each: the earlier
        (date(2024, 1, 4), MORNING),
        (date(2024, 1, 5), MORNING),  # two of one date: the earlier
        (date(2030, 1, 1), MORNING),
    ],
)
def test_nearest(day: date, expected: datetime) -> None:
    for taken in ([EARLY, MORNING, EVENING], [EVENING, MORNING, EARLY]):
        assert nearest(day, taken) == expected


def test_none_stored() -> None:
    assert nearest(date(2024, 1, 1), []) is None


def test_the_date_is_that_of_utc() -> None:
    late = datetime(2024, 1, 3, 23, 30, tzinfo=timezone(timedelta(hours=-5)))  # 4 January in UTC
    assert nearest(date(2024, 1, 4), [datetime(2024, 1, 2, tzinfo=UTC), late]) == late
    assert nearest(date(2024, 1, 3), [datetime(2024, 1, 2, tzinfo=UTC), late]) == datetime(
        2024, 1, 2, tzinfo=UTC
    )
