"""Which snapshot stands for which day, where that is not as it should be."""

import json
import os
import weakref
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from assets.errors import InputError
from assets.iam_snapshots.filling import IamSources
from assets.iam_snapshots.source import IamFile
from assets.partitions import Partition
from pipeline.lake import Lake
from tests.build import ACCOUNT, allow, iam, user

DAY = Partition(date(2026, 6, 30), ACCOUNT)


@dataclass(frozen=True)
class _Touched(IamFile):
    """Somebody writes the file after its time was looked at."""

    def stands_for(self, day: date, today: date, stored: Collection[datetime]) -> datetime | None:
        when = super().stands_for(day, today, stored)
        later = self.path.stat().st_mtime + 60
        os.utime(self.path, (later, later))
        return when


def test_a_file_that_changes_while_it_is_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "iam.json"
    path.write_text(json.dumps(iam(user("alice", allow("s3:*")))))
    taken = datetime(2026, 6, 30, 6, tzinfo=UTC).timestamp()
    os.utime(path, (taken, taken))
    sources = IamSources(
        {ACCOUNT: _Touched(ACCOUNT, path, "iam.json")}, Lake(tmp_path / "lake"), lambda: DAY.day
    )
    with pytest.raises(InputError, match=r"iam\.json: changed while it was read; run it again"):
        list(sources.snapshots([DAY]))


def _written(lake: Lake, path: Path, taken: str, first: int, last: int, today: int) -> None:
    """Take what the file says, as true at that time, over days of June."""
    path.write_text(json.dumps(iam(user(taken, allow("s3:*")))))
    source = IamFile(ACCOUNT, path, "iam.json", datetime.fromisoformat(taken))
    sources = IamSources({ACCOUNT: source}, lake, lambda: date(2026, 6, today))
    days = [Partition(date(2026, 6, day), ACCOUNT) for day in range(first, last + 1)]
    for partition, frame in sources.snapshots(days):
        # As a run does: each is written before the next one is asked for.
        lake.write("iam_snapshots", frame, partition)


def _held(lake: Lake) -> dict[int, int]:
    rows = (
        lake.scan("iam_snapshots", lake.partitions("iam_snapshots"))
        .select("day", "taken_at")
        .unique()
        .collect()
    )
    return {day.day: taken.day for day, taken in rows.sort("day").iter_rows()}


def test_a_run_over_days_does_not_take_what_it_has_replaced(tmp_path: Path) -> None:
    lake, path = Lake(tmp_path / "lake"), tmp_path / "iam.json"
    _written(lake, path, "2026-06-08T06:00:00Z", 5, 8, 8)
    assert _held(lake) == {5: 8, 6: 8, 7: 8, 8: 8}
    # An old export turns up: what is nearer to the later one stays its.
    _written(lake, path, "2026-06-05T06:00:00Z", 5, 8, 9)
    assert _held(lake) == {5: 5, 6: 5, 7: 8, 8: 8}


def test_a_snapshot_that_lies_far_from_its_day_alone_is_read_before_it_is_replaced(tmp_path: Path) -> None:
    lake, path = Lake(tmp_path / "lake"), tmp_path / "iam.json"
    _written(lake, path, "2026-06-20T06:00:00Z", 10, 10, 10)
    _written(lake, path, "2026-06-08T06:00:00Z", 8, 20, 21)
    assert _held(lake) == {day: 8 if day <= 14 else 20 for day in range(8, 21)}


def test_what_was_replaced_meanwhile_is_no_other_snapshot(tmp_path: Path) -> None:
    lake, path = Lake(tmp_path / "lake"), tmp_path / "iam.json"
    _written(lake, path, "2026-06-08T06:00:00Z", 8, 8, 8)
    # Somebody else's run has written another one since the times were looked at.
    sources = IamSources({}, lake, lambda: date(2026, 6, 30))
    then = datetime(2026, 6, 7, 6, tzinfo=UTC)
    with pytest.raises(InputError, match=r"2026-06-07 06:00:00 UTC, stored on 2026-06-08, was replaced"):
        sources._snapshot(ACCOUNT, then, {then: date(2026, 6, 8)})


def test_snapshots_that_no_later_day_wants_are_let_go(tmp_path: Path) -> None:
    lake, path = Lake(tmp_path / "lake"), tmp_path / "iam.json"
    for day in range(1, 11):
        _written(lake, path, f"2026-06-{day:02}T06:00:00Z", day, day, day)
    sources = IamSources({}, lake, lambda: date(2026, 6, 30))
    alive: list[weakref.ref[pl.DataFrame]] = []
    for _, frame in sources.snapshots([Partition(date(2026, 6, day), ACCOUNT) for day in range(1, 11)]):
        alive.append(weakref.ref(frame))
        # The one that is written, and the one before it, which this loop's variable named until now.
        assert sum(one() is not None for one in alive) <= 2
    assert len(alive) == 10
