"""Runs through Dagster: the same bytes again, whole partitions whatever kills them, the next run finishes."""

import hashlib
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from tests.build import allow, iam, log_file, record, role, user
from tests.conftest import Account, Ask

PROGRAM = Path(sys.executable).parent / "cloudtracker"
ALICE = user("alice", allow("s3:*", "ec2:Describe*"))
ADMIN = role("admin", allow("*"))
DAYS = [f"2026-06-{day}" for day in range(11, 31)]
# Two tables of facts, thirteen a day, and the history with its bookkeeping.
FILES = 2 + 16 * len(DAYS) + 2
RUN = ("run", "--account", "demo", "--from", DAYS[0], "--to", DAYS[-1])


@pytest.fixture
def demo(account: Account) -> Account:
    """Twenty days of two principals: enough that a run can be stopped in the middle."""
    account.write_iam(iam(ALICE, ADMIN))
    for day in DAYS:
        records = [record(ALICE, "s3:ListBuckets", f"{day}T{hour:02}:00:00Z") for hour in range(24)]
        log_file(account.logs, [*records, record(ADMIN, "iam:GetUser", f"{day}T10:00:00Z"), records[0]])
    return account


def _hashes(account: Account) -> dict[str, str]:
    return {
        str(path.relative_to(account.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(account.root.rglob("*.parquet"))
        # What a killed reader of logs left behind is no table.
        if ".staging" not in path.parts
    }


def _start(account: Account, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PROGRAM, *RUN, *more],
        cwd=account.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_same_run_twice_gives_the_same_bytes(demo: Account, ask: Ask) -> None:
    assert ask(*RUN).code == 0
    first = _hashes(demo)
    assert len(first) == FILES
    assert ask(*RUN).code == 0
    assert _hashes(demo) == first


def test_a_day_that_was_made_before_a_table_existed_is_made_again(demo: Account, ask: Ask) -> None:
    assert ask(*RUN).code == 0
    first = _hashes(demo)
    lost = [demo.root / name for name in first if name.startswith("session_usage/day=2026-06-28")]
    lost[0].unlink()
    assert ask(*RUN, "--missing-only").code == 0
    assert _hashes(demo) == first


def test_the_number_of_processes_does_not_show(demo: Account, ask: Ask) -> None:
    ask(*RUN)
    first = _hashes(demo)
    demo.configure(workers=3)
    ask(*RUN)
    assert _hashes(demo) == first


def test_a_range_of_an_account_is_one_run_and_its_sessions_another(
    demo: Account, ask: Ask, dagster_home: Path
) -> None:
    import dagster as dg

    assert ask(*RUN).code == 0
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs()
        # From the logs to the verdicts, the trends, the history, the page, the sessions, and the organisation.
        assert len(runs) == 6
        made = instance.get_materialized_partitions(dg.AssetKey("principal_diffs"))
        assert made == {f"111111111111|{day}" for day in DAYS}
        event = instance.get_latest_materialization_event(dg.AssetKey("cloudtrail_usage"))
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["dagster/row_count"].value == 2


def test_the_summary_says_where_every_record_went(demo: Account, ask: Ask) -> None:
    said = ask(*RUN).out
    assert "520 records in 20 files: 500 permission events, 0 other events, 20 duplicates, 0 rejected" in said
    assert str(demo.root) in said


def test_only_what_is_missing_is_made_where_that_is_asked_for(demo: Account, ask: Ask) -> None:
    ask(*RUN)
    before = {path: path.stat().st_mtime_ns for path in demo.root.rglob("*.parquet")}
    assert ask(*RUN, "--missing-only").code == 0
    assert {path: path.stat().st_mtime_ns for path in demo.root.rglob("*.parquet")} == before


def test_one_account_that_fails_does_not_stop_the_others(demo: Account, ask: Ask) -> None:
    good = {"name": "demo", "id": "111111111111", "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    bad = {"name": "bad", "id": "222222222222", "iam": "nowhere.json", "taken_at": "2026-06-30T06:00:00Z"}
    demo.configure(accounts=[bad, good])
    answer = ask("run", "--account", "all", "--from", DAYS[-1], "--to", DAYS[-1])
    assert answer.code == 5
    assert "account bad: nowhere.json: there is no such file" in answer.err
    assert "demo (111111111111)" in answer.out


def test_a_killed_run_leaves_whole_partitions_and_the_next_one_ends_the_same(
    demo: Account, ask: Ask, tmp_path: Path
) -> None:
    began = time.monotonic()
    assert _start(demo).wait() == 0
    length = time.monotonic() - began
    whole = _hashes(demo)
    for path in demo.root.rglob("day=*/**/*.parquet"):
        path.unlink()
    moments = random.Random(20260630)
    for _ in range(10):
        process = _start(demo)
        time.sleep(length * moments.uniform(0.45, 0.98))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for name, bytes_ in _hashes(demo).items():
            # Each is whole, and already what the undisturbed run made of it.
            pl.read_parquet(demo.root / name, hive_partitioning=False)
            assert bytes_ == whole[name], name
    assert _start(demo, "--missing-only").wait() == 0
    assert _hashes(demo) == whole
    assert list(demo.root.rglob("*.tmp")) == list((demo.root / ".staging").iterdir()) == []


def test_an_interrupted_run_says_so_and_the_next_one_finishes(demo: Account) -> None:
    process = _start(demo)
    first = demo.root / "expanded_grants" / f"day={DAYS[2]}"
    while not first.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.strip().splitlines()[-1].startswith("cloudtracker: interrupted")
    assert "Traceback" not in error
    stopped = _hashes(demo)
    assert _start(demo, "--missing-only").wait() == 0
    whole = _hashes(demo)
    assert len(stopped) < len(whole) == FILES
    assert {name: whole[name] for name in stopped} == stopped
