"""The fast reader gives the very rows that a plain program gives, on generated logs with copies and late files."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from benchmarks.cloudtrail_logs import LogShape, write_logs
from benchmarks.contenders.aggregates import counted
from benchmarks.population import account_id
from benchmarks.read_logs import read

EVENTS = 3_000
GROUP = ["principal_arn", "principal_id", "event_source", "event_name", "outcome"]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    write_logs(folder, LogShape(EVENTS, roles=20, users=5))
    return folder


def _records(logs: Path) -> list[dict[str, object]]:
    files = sorted(logs.rglob("*.json.gz"))
    return [record for file in files for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]


def test_the_same_seed_gives_the_same_bytes(logs: Path, tmp_path: Path) -> None:
    write_logs(tmp_path, LogShape(EVENTS, roles=20, users=5))
    made = {file.relative_to(logs): file.read_bytes() for file in logs.rglob("*.json.gz")}
    again = {file.relative_to(tmp_path): file.read_bytes() for file in tmp_path.rglob("*.json.gz")}
    assert made == again
    assert len(_records(logs)) > len({record["eventID"] for record in _records(logs)}) == EVENTS


def test_usage_is_what_a_plain_program_counts(logs: Path, tmp_path: Path) -> None:
    read(logs, 1, tmp_path)
    account = account_id(0)
    table = pl.read_parquet(
        tmp_path / "cloudtrail_usage/day=2026-06-01" / f"account={account}" / "part-0.parquet"
    )
    # A call that a service makes for itself has no ARN in the log; the table names the service.
    ours = table.filter(pl.col("principal_type").is_in(["user", "role"]))
    time = "%Y-%m-%dT%H:%M:%SZ"
    rows = ours.group_by(GROUP).agg(
        pl.col("events").sum(),
        pl.col("first_seen").min().dt.strftime(time),
        pl.col("last_seen").max().dt.strftime(time),
    )
    plain = {
        key: tuple(values) for key, values in counted(_records(logs)).items() if key[0].startswith("arn:")
    }
    assert {tuple(row[:5]): tuple(row[5:]) for row in rows.iter_rows()} == plain
    assert len(plain) > 200
