"""Readings of the same logs: through Athena, and from a directory."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from polars.testing import assert_frame_equal

from assets.cloudtrail_usage.athena.client import AthenaPlace
from assets.cloudtrail_usage.athena.log_table import LogTable
from assets.cloudtrail_usage.athena.reading import AthenaReading
from assets.cloudtrail_usage.reader import read_days
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.cloudtrail_usage.sources.s3 import S3Logs
from tests.assets.cloudtrail_usage.log_files import Made, as_bytes, made_of
from tests.athena_server import OUTPUT, FakeAws

SECRET = b"a secret of the tests"
LONG_AFTER = datetime(2026, 9, 1, tzinfo=UTC)
Late = Mapping[date, Sequence[date]]
# Each reading makes a folder of its own in it; it goes when the tests end.
_STAGING = tempfile.TemporaryDirectory(prefix="cloudtracker-test-")


def reading(aws: FakeAws, bucket: str, prefix: str = "", **more: Any) -> AthenaReading:
    """Return a reading of a bucket through Athena, with ordinary settings."""
    late: Late = more.pop("late_from", {})
    org_id = more.pop("org_id", None)
    settings: dict[str, Any] = {"late_days": 1, "late_hours": 24, "now": lambda: LONG_AFTER, **more}
    return AthenaReading(
        source=S3Logs(bucket, prefix, org_id),
        table=LogTable("cloudtracker", bucket, prefix, org_id),
        place=AthenaPlace("us-east-1", None, OUTPUT, aws.athena.url, poll_seconds=0.05),
        late_deliveries=lambda _: late,
        staging=Path(_STAGING.name),
        secret=lambda: SECRET,
        **settings,
    )


def local(root: Path, account: str, days: Sequence[date], **more: Any) -> list[Made]:
    """Read the same logs from a directory."""
    settings: dict[str, Any] = {"late_days": 1, "late_hours": 24, "now": LONG_AFTER, "late_from": {}, **more}
    logs = LocalLogs(root, settings.pop("org_id", None))
    staging = root.parent / f"{root.name}-staging"
    return list(
        map(made_of, read_days(logs, account, days, staging=staging, workers=1, secret=SECRET, **settings))
    )


def made(athena: AthenaReading, account: str, days: Sequence[date]) -> list[Made]:
    """Return the tables of an account's days."""
    return [made_of(tables) for _, tables in athena.tables({account: days})]


def same(here: list[Made], there: list[Made]) -> None:
    """Hold every table of two readings against each other, and their bytes."""
    assert sum(tables.usage["events"].sum() for tables in here) > 0
    for one, other in zip(there, here, strict=True):
        for table in ("usage", "coverage", "rejected", "assumptions", "sessions"):
            assert_frame_equal(getattr(one, table), getattr(other, table))
    assert [as_bytes(tables) for tables in there] == [as_bytes(tables) for tables in here]
