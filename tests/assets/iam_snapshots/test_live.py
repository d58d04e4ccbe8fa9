"""A live account is asked for what is not stored, and only for today."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assets.aws_access.access import AwsAccess
from assets.iam_snapshots.filling import IamSources
from assets.iam_snapshots.live import LiveIam
from assets.iam_snapshots.snapshot import snapshot_rows
from assets.partitions import Partition
from pipeline.lake import Lake
from tests.build import ACCOUNT, allow, iam, user

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
TODAY = Partition(NOW.date(), ACCOUNT)
YESTERDAY = Partition(NOW.date() - timedelta(days=1), ACCOUNT)


@dataclass(frozen=True)
class _Asked(LiveIam):
    """Another alice than the stored one, without an AWS."""

    def read(self) -> bytes:
        return _document("ec2:*")


def _document(action: str) -> bytes:
    return json.dumps(iam(user("alice", allow(action)))).encode()


def _source(now: datetime, anew: bool = False) -> LiveIam:
    return _Asked(AwsAccess("account demo", ACCOUNT, None, None, None, None), now, anew)


def _actions(root: Path, source: LiveIam, *partitions: Partition) -> list[str]:
    """Return what is granted in those snapshots, one of the same second being stored."""
    lake = Lake(root)
    lake.write("iam_snapshots", snapshot_rows(_document("s3:*"), "stored", NOW, "live", ACCOUNT), TODAY)
    made = IamSources({ACCOUNT: source}, lake, NOW.date).snapshots(partitions)
    return [
        action
        for _, rows in made
        for action in ("s3:*", "ec2:*")
        if action in rows.filter(kind="document")["document"].item()
    ]


def test_a_snapshot_of_the_same_second_stands(tmp_path: Path) -> None:
    assert _actions(tmp_path, _source(NOW), YESTERDAY, TODAY) == ["s3:*", "s3:*"]


def test_it_is_asked_again_where_that_is_wanted(tmp_path: Path) -> None:
    assert _actions(tmp_path, _source(NOW, anew=True), TODAY) == ["ec2:*"]


def test_what_was_stored_earlier_today_stands(tmp_path: Path) -> None:
    later = NOW + timedelta(hours=3)
    assert _actions(tmp_path, _source(later), YESTERDAY, TODAY) == ["s3:*", "s3:*"]
    assert _actions(tmp_path, _source(later, anew=True), TODAY) == ["ec2:*"]


def test_a_day_without_a_stored_snapshot_is_asked_for_once(tmp_path: Path) -> None:
    tomorrow = NOW + timedelta(days=1)
    day = Partition(tomorrow.date(), ACCOUNT)
    assert _actions(tmp_path, _source(tomorrow), YESTERDAY, day) == ["s3:*", "ec2:*"]
