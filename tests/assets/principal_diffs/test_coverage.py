"""Days that count as covered: files were delivered on them, and hold events of them."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from assets.principal_diffs.coverage import Window, covered_days
from tests.assets.cloudtrail_usage.log_files import DAY, event, put, read

BEFORE, NEXT = DAY - timedelta(days=1), DAY + timedelta(days=1)


def _covered(root: Path) -> list[date]:
    made = read(root, [BEFORE, DAY, NEXT])
    rows = [tables.coverage.with_columns(day=pl.lit(day)) for day, tables in made.items()]
    return covered_days(pl.concat(rows).lazy(), Window(BEFORE, NEXT))


def test_a_day_with_files_and_events_is_covered(tmp_path: Path) -> None:
    for day in (BEFORE, DAY, NEXT):
        put(tmp_path, [event(f"{day}", f"{day}T10:00:00Z")], day=day)
    assert _covered(tmp_path) == [BEFORE, DAY, NEXT]


def test_an_event_in_a_file_of_the_next_day_does_not_cover_a_day_whose_files_are_gone(tmp_path: Path) -> None:
    put(tmp_path, [event("1", f"{BEFORE}T10:00:00Z")], day=BEFORE)
    put(tmp_path, [event("2", f"{DAY}T23:58:00Z"), event("3", f"{NEXT}T00:01:00Z")], day=NEXT)
    assert _covered(tmp_path) == [BEFORE, NEXT]


def test_a_file_with_events_of_the_day_before_does_not_cover_a_day_without_its_own(tmp_path: Path) -> None:
    # Logging ended at midnight; what it had seen by then was delivered a little later.
    put(tmp_path, [event("1", f"{BEFORE}T10:00:00Z")], day=BEFORE)
    put(tmp_path, [event("2", f"{BEFORE}T23:58:00Z")], day=DAY)
    put(tmp_path, [event("3", f"{NEXT}T10:00:00Z")], day=NEXT)
    assert _covered(tmp_path) == [BEFORE, NEXT]


def test_files_of_one_region_and_events_of_another_cover_a_day(tmp_path: Path) -> None:
    put(tmp_path, [event("1", f"{BEFORE}T23:59:00Z")], day=DAY)
    put(tmp_path, [event("2", f"{DAY}T10:00:00Z")], day=DAY, region="eu-west-1")
    assert DAY in _covered(tmp_path)
