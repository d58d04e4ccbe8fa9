"""Which snapshot stands for which day, where that is not as it should be."""

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

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
