"""The records of a real account, counted a second time with nothing but the standard library."""

import gzip
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.cloudtrail_usage.reader import read_days
from assets.cloudtrail_usage.sources.local import LocalLogs
from tests.assets.cloudtrail_usage.log_files import LONG_AFTER, Made, check_conservation, made_of

REAL = Path(__file__).parents[3] / ".." / "shared" / "data" / "real-account"
ACCOUNT, DAY = "123837392027", date(2023, 7, 10)

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"needs the shared data {REAL}")


def _records() -> list[dict[str, Any]]:
    files = sorted((REAL / "AWSLogs").rglob("*.json.gz"))
    return [record for file in files for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Made:
    made = read_days(
        LocalLogs(REAL), ACCOUNT, [DAY], late_days=1, late_from={}, now=LONG_AFTER, late_hours=24,
        staging=tmp_path_factory.mktemp("staging"), workers=1, secret=b"s",
    )  # fmt: skip
    return made_of(next(iter(made)))


def _outcome(record: dict[str, Any]) -> str:
    code = record.get("errorCode")
    if code is None:
        return "error" if record.get("errorMessage") else "ok"
    refused = code.lower().startswith("accessdenied") or "unauthorized" in code.lower()
    return "denied" if refused else "error"


def _arn(identity: dict[str, Any]) -> str:
    if identity.get("type") == "AssumedRole":
        return str(identity["sessionContext"]["sessionIssuer"]["arn"])
    if identity.get("type") == "IAMUser":
        return str(identity.get("arn") or f"arn:aws:iam::{ACCOUNT}:user/{identity['userName']}")
    return str(identity["invokedBy"])


def test_all_records_are_accounted_for(tables: Made) -> None:
    row = tables.coverage.row(0, named=True)
    assert (row["records"], row["permission_events"], row["other_events"]) == (2900, 2855, 45)
    assert (row["duplicates"], row["rejected"], row["files"], row["complete"]) == (0, 0, 55, True)
    check_conservation(tables)
    by_type = tables.usage.group_by("event_type").agg(pl.col("events").sum())
    assert dict(by_type.rows()) == {"AwsApiCall": 2855, "AwsServiceEvent": 42, "AwsConsoleSignIn": 3}


def test_usage_is_that_of_an_independent_count(tables: Made) -> None:
    expected = Counter(
        (
            _arn(record["userIdentity"]),
            record["eventSource"],
            record["eventName"],
            record["eventType"],
            _outcome(record),
            "invokedBy" in record["userIdentity"] and "principalId" in record["userIdentity"],
        )
        for record in _records()
    )
    columns = ("principal_arn", "event_source", "event_name", "event_type", "outcome", "via_service")
    found: Counter[Any] = Counter()
    for *key, events in tables.usage.select(*columns, "events").rows():
        found[tuple(key)] += events
    assert found == expected


def test_times_and_ids_are_those_of_the_records(tables: Made) -> None:
    records = {record["eventID"]: record for record in _records()}
    times: dict[tuple[str, ...], list[str]] = {}
    for record in records.values():
        kind = (_arn(record["userIdentity"]), record["eventSource"], record["eventName"])
        times.setdefault(kind, []).append(record["eventTime"])
    for kind, rows in tables.usage.partition_by(
        "principal_arn", "event_source", "event_name", as_dict=True
    ).items():
        assert f"{rows['first_seen'].min():%Y-%m-%dT%H:%M:%SZ}" == min(times[kind])
        assert f"{rows['last_seen'].max():%Y-%m-%dT%H:%M:%SZ}" == max(times[kind])
    for event_id, last_seen in tables.usage.select("last_event_id", "last_seen").rows():
        assert records[event_id]["eventTime"] == f"{last_seen:%Y-%m-%dT%H:%M:%SZ}"
