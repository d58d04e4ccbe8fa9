import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.cloudtrail_usage.access_keys import KeyHash
from assets.cloudtrail_usage.merge_assumptions import merge_assumptions
from assets.cloudtrail_usage.schema import ROLE_ASSUMPTIONS
from assets.cloudtrail_usage.staging import write_staged
from tests.assets.cloudtrail_usage.busy_day import write_busy_day
from tests.assets.cloudtrail_usage.log_files import event, put, read_one

CHECKOUT = Path(__file__).parents[3]
CASES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((CHECKOUT / "tests" / "cases" / "assumptions").glob("*.json"))
}
SECRET = b"a secret of the tests"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_row_of_case(case: dict[str, Any], tmp_path: Path) -> None:
    put(tmp_path / "logs", [event("e1", **{"eventSource": "sts.amazonaws.com", **case["fields"]})])
    tables = read_one(tmp_path / "logs")
    assert tables.rejected.is_empty()
    row = tables.assumptions.row(0, named=True)
    assert {column: row[column] for column in case["row"]} == {
        column: _stored(column, value) for column, value in case["row"].items()
    }, case["rule"]


def _stored(column: str, value: Any) -> Any:
    if column.endswith("key"):
        return KeyHash(SECRET).of(value)
    if value is not None and ROLE_ASSUMPTIONS[column].is_temporal():
        return datetime.fromisoformat(value)
    return value


def test_cases_name_their_source_and_cover_every_event() -> None:
    assert all(case["source"].startswith("https://docs.aws.amazon.com/") for case in CASES.values())
    assert {case["fields"]["eventName"] for case in CASES.values()} == {
        "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetFederationToken", "GetSessionToken",
        "SwitchRole",
    }  # fmt: skip


def test_other_events_issue_no_session(tmp_path: Path) -> None:
    others = [
        event("e1", eventName="AssumeRole", eventSource="example.amazonaws.com"),
        event("e2", eventName="SwitchRole", eventSource="sts.amazonaws.com"),
        event("e3", eventName="ExitRole", eventSource="signin.amazonaws.com"),
        event("e4", eventName="GetCallerIdentity", eventSource="sts.amazonaws.com"),
    ]
    put(tmp_path / "logs", others)
    assert read_one(tmp_path / "logs").assumptions.is_empty()


def test_a_copy_is_no_second_row(tmp_path: Path) -> None:
    sts = {"eventName": "AssumeRole", "eventSource": "sts.amazonaws.com"}
    put(tmp_path / "logs", [event("e2", **sts), event("e1", **sts)], "a.json.gz")
    put(tmp_path / "logs", [event("e1", **sts), event(None, **sts)], "b.json.gz", region="eu-west-1")
    assumptions = read_one(tmp_path / "logs").assumptions
    assert assumptions["event_id"].str.slice(0, 7).to_list() == ["e1", "e2", "record:"]
    assert assumptions["region"].to_list() == ["eu-west-1", "us-east-1", "eu-west-1"]


def test_a_large_day_merged_in_ranges_is_the_same(tmp_path: Path) -> None:
    time = datetime(2024, 3, 5, tzinfo=UTC)
    blank = {name: "" for name, dtype in ROLE_ASSUMPTIONS.items() if dtype == pl.String}
    blank |= {"event_time": time, "caller_session_created": None, "expires": None, "external_id_used": False}  # type: ignore[dict-item]
    rows = [{**blank, "event_id": f"{n * 7919 % 1500:05}", "region": f"r{n % 3}"} for n in range(2000)]
    frame = pl.DataFrame(rows, schema=ROLE_ASSUMPTIONS)
    write_staged(tmp_path, 5, "assumed", "a", frame[:900])
    write_staged(tmp_path, 5, "assumed", "b", frame[900:])
    whole = merge_assumptions(tmp_path, 5, tmp_path / "whole")
    parts = merge_assumptions(tmp_path, 5, tmp_path / "parts", rows_at_a_time=150)
    assert len(parts.files) > 5
    assert whole.lazy().collect().height == 1500
    assert whole.lazy().collect()["event_id"].is_sorted()
    assert parts.lazy().collect().equals(whole.lazy().collect())


@pytest.mark.long
def test_a_busy_function_does_not_exhaust_the_memory(tmp_path: Path) -> None:
    write_busy_day(tmp_path / "logs", 100_000)
    done = subprocess.run(
        [sys.executable, "-m", "tests.assets.cloudtrail_usage.busy_day", str(tmp_path)],
        cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    part = "day=2024-03-05/account=111111111111/part-0.parquet"
    assumptions = pl.read_parquet(tmp_path / "lake" / "role_assumptions" / part, hive_partitioning=False)
    assert assumptions.height == assumptions["event_id"].n_unique() == 100_000
    assert assumptions["event_id"].is_sorted()
    sessions = pl.read_parquet(tmp_path / "lake" / "session_usage" / part, hive_partitioning=False)
    # A row for each person's session, and one for all of the function's.
    assert sessions.height == 1_001
    assert sessions.filter(pl.col("service") == "lambda.amazonaws.com")["events"].to_list() == [99_000]
    assert int(done.stdout) < 500
