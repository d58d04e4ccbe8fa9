"""Logs for the tests: records and files in AWS's layout."""

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from assets.cloudtrail_usage.reader import DayTables, read_days
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.coded_text import plain

ACCOUNT = "111111111111"
DAY = date(2024, 3, 5)
LONG_AFTER = datetime(2024, 6, 1, tzinfo=UTC)
ALICE = {
    "type": "IAMUser",
    "principalId": "AIDAALICE",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
    "accountId": ACCOUNT,
    "userName": "alice",
}


@dataclass(frozen=True)
class Made:
    """The tables of a day, in memory."""

    usage: pl.DataFrame
    assumptions: pl.DataFrame
    sessions: pl.DataFrame
    coverage: pl.DataFrame
    rejected: pl.DataFrame


def made_of(tables: DayTables) -> Made:
    """Read what lies in files."""
    assumptions, sessions = tables.assumptions.lazy().collect(), plain(tables.sessions.lazy().collect())
    return Made(tables.usage, assumptions, sessions, tables.coverage, tables.rejected)


def event(event_id: str | None, time: str = "2024-03-05T10:00:00Z", **fields: Any) -> dict[str, Any]:
    """Return a record; fields that are given as `...` are left out."""
    record = {
        "eventVersion": "1.09",
        "userIdentity": ALICE,
        "eventTime": time,
        "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets",
        "awsRegion": "us-east-1",
        "requestParameters": {"Host": "s3.amazonaws.com"},
        "responseElements": None,
        "eventID": event_id,
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        **fields,
    }
    return {name: value for name, value in record.items() if value is not ...}


def put(
    root: Path,
    content: bytes | list[Any],
    name: str = "log.json.gz",
    *,
    day: date = DAY,
    region: str = "us-east-1",
    account: str = ACCOUNT,
) -> str:
    """Write a file into a log folder (a list becomes gzip'd `Records`), and return its path below the root."""
    folder = root / "AWSLogs" / account / "CloudTrail" / region / f"{day:%Y/%m/%d}"
    folder.mkdir(parents=True, exist_ok=True)
    data = gzip.compress(json.dumps({"Records": content}).encode()) if isinstance(content, list) else content
    (folder / name).write_bytes(data)
    return (folder / name).relative_to(root).as_posix()


def reading(root: Path, days: list[date] | None = None, **options: Any) -> Iterator[DayTables]:
    """Read days with ordinary settings; some tables lie in files, until the next day is asked for."""
    settings: dict[str, Any] = {
        "late_days": 1,
        "late_from": {},
        "now": LONG_AFTER,
        "late_hours": 24,
        "staging": root.parent / f"{root.name}-staging",
        "workers": 1,
        "secret": b"a secret of the tests",
    }
    return read_days(LocalLogs(root), ACCOUNT, days or [DAY], **{**settings, **options})


def read(root: Path, days: list[date] | None = None, **options: Any) -> dict[date, Made]:
    """Read days with ordinary settings."""
    return {tables.day: made_of(tables) for tables in reading(root, days, **options)}


def read_one(root: Path, **options: Any) -> Made:
    """Read `DAY`."""
    return read(root, **options)[DAY]


def rejections(tables: Made) -> list[tuple[int, str]]:
    """Return position and reason of what was rejected."""
    return tables.rejected.select("position", "reason").rows()


def coverage(tables: Made, region: str = "us-east-1") -> dict[str, Any]:
    """Return the coverage of a region."""
    return tables.coverage.row(by_predicate=pl.col("region") == region, named=True)


def as_bytes(tables: Made) -> list[bytes]:
    """Return the tables as they would be written."""
    written = []
    for frame in (tables.usage, tables.coverage, tables.rejected, tables.assumptions, tables.sessions):
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        written.append(buffer.getvalue())
    return written


def check_conservation(tables: Made) -> None:
    """Every record is in one count, and every counted event is in the usage."""
    for row in tables.coverage.iter_rows(named=True):
        kinds = row["permission_events"] + row["other_events"] + row["duplicates"]
        assert row["records"] == kinds + row["rejected"] - row["unreadable_files"]
    sums = tables.coverage.select(pl.sum("permission_events", "other_events", "rejected")).row(0, named=True)
    assert tables.usage["events"].sum() == sums["permission_events"] + sums["other_events"]
    calls = tables.usage.filter(pl.col("event_type") == "AwsApiCall")["events"].sum()
    assert calls == sums["permission_events"]
    assert tables.rejected.height == sums["rejected"]
    acted = tables.sessions.group_by("session_type").agg(pl.col("events").sum())
    used = dict(tables.usage.group_by("principal_type").agg(pl.col("events").sum()).rows())
    assert all(events <= used[kind] for kind, events in acted.rows())
    assert dict(acted.rows()).get("role", 0) == used.get("role", 0)
