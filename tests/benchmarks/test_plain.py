"""The fast reader gives the very rows that a plain program gives, on generated logs with copies and late files."""

import gzip
import importlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.cloudtrail_usage.sources.local import LocalLogs
from benchmarks.cloudtrail_logs import LogShape, write_logs
from benchmarks.contenders import aggregates
from benchmarks.contenders.aggregates import counted
from benchmarks.population import account_id
from benchmarks.read_logs import read

EVENTS = 12_000
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
    read(LocalLogs(logs), 1, tmp_path)
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


@pytest.fixture(scope="module")
def plain(logs: Path) -> Any:
    """All tables, made by a plain program: a script that finds what it needs beside itself."""
    with pytest.MonkeyPatch.context() as there:
        there.syspath_prepend(Path(aggregates.__file__).parent)
        all_tables = importlib.import_module("all_tables")
    made = all_tables.Tables()
    for file in sorted(logs.rglob("*.json.gz")):
        for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]:
            made.add(record, all_tables.region_of(str(file)))
    return made


@pytest.fixture(scope="module")
def ours(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All tables, made by the program."""
    root = tmp_path_factory.mktemp("lake")
    read(LocalLogs(logs), 1, root)
    return root


def _rows(root: Path, table: str) -> list[tuple[object, ...]]:
    path = root / table / "day=2026-06-01" / f"account={account_id(0)}" / "part-0.parquet"
    return [_hashable(row) for row in pl.read_parquet(path, hive_partitioning=False).rows()]


def _hashable(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)


@pytest.mark.parametrize(
    ("table", "rows"),
    [("cloudtrail_usage", "usage"), ("session_usage", "sessions"), ("role_assumptions", "assumptions")],
)
def test_every_row_is_what_a_plain_program_makes(ours: Path, plain: Any, table: str, rows: str) -> None:
    made = [_hashable(row) for row in getattr(plain, rows)()]
    assert len(made) > 20
    assert sorted(made, key=repr) == sorted(_rows(ours, table), key=repr)


def test_the_coverage_counts_what_a_plain_program_counts(ours: Path, plain: Any) -> None:
    counted = {
        (
            region,
            *(counts[region] for counts in (plain.permission_events, plain.other_events, plain.duplicates)),
        )
        for region in plain.permission_events
    }
    # region, files, bytes, records, permission events, other events, duplicates, ...
    covered = {(row[0], *row[4:7]) for row in _rows(ours, "log_coverage")}
    assert covered == counted
    assert plain.duplicates.total() > 5
