"""An organisation in one command: killed in the middle it goes on where it was, and no order of backfills shows."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from benchmarks.cloudtrail_logs import LogShape
from benchmarks.generate import write_organisation
from benchmarks.iam_account import IamShape
from benchmarks.population import account_id
from pipeline.lake import Lake
from pipeline.tables import TABLES

pytestmark = pytest.mark.long

PROGRAM = Path(sys.executable).parent / "cloudtracker"
ACCOUNTS = [account_id(n) for n in range(6)]
FIRST = date(2026, 6, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(8)]
# Tables of live accounts, and what is not cut by day and account.
OTHERS = ("trail_settings", "aws_actions", "iam_actions", "organization_trends")
HISTORY = ("permission_history", "permission_history_days")
DAILY = [name for name in TABLES if name not in (*OTHERS, *HISTORY)]


@pytest.fixture
def organisation(tmp_path: Path, facts: Path) -> Path:
    folder = tmp_path / "organisation"
    logs = LogShape(events=1_100, accounts=len(ACCOUNTS), days=len(DAYS), first=FIRST, roles=6, users=3)
    write_organisation(folder, logs, IamShape(roles=6, users=3, policies=6), 1)
    shutil.copytree(facts, folder / "lake")
    return folder


def _command(folder: Path, account: str, first: date, last: date, *more: str) -> list[str]:
    span = ("--from", str(first), "--to", str(last))
    return [str(PROGRAM), "run", "--account", account, *span, *more, "--config", str(folder / "config.yaml")]


def _whole(folder: Path) -> list[str]:
    return _command(folder, "all", DAYS[0], DAYS[-1])


def _peak_mb(command: list[str]) -> float:
    """Run it to its end and return the most memory that it held."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss / 1024


def _files(root: Path) -> dict[str, tuple[int, str]]:
    """Return when each partition was written, and a hash of it."""
    return {
        str(path.parent.relative_to(root)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in root.rglob("*.parquet")
        if ".staging" not in path.parts
    }


def _bytes(files: dict[str, tuple[int, str]]) -> dict[str, str]:
    return {name: told for name, (_, told) in files.items()}


def test_an_organisation_is_backfilled_in_one_command(organisation: Path) -> None:
    root = organisation / "lake"
    fourth = Lake(root).path("principal_diffs").parent / f"day={DAYS[2]}" / f"account={ACCOUNTS[3]}"
    process = subprocess.Popen(_whole(organisation), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not fourth.exists() and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = _files(root)
    assert not any(f"account={ACCOUNTS[4]}" in name for name in before)
    _peak_mb([*_whole(organisation), "--missing-only"])
    whole = _files(root)
    assert len(whole) == 2 + len(DAYS) + (len(DAILY) * len(DAYS) + len(HISTORY)) * len(ACCOUNTS)
    # The accounts that were done were not made again, nor were the days of the one that was stopped.
    for name, told in before.items():
        kept = any(f"account={one}" in name for one in ACCOUNTS[:3])
        assert whole[name] == told or not kept, name
        assert whole[name][1] == told[1], name

    with dg.DagsterInstance.get() as instance:
        for table in (*DAILY, "trend_report"):
            made = instance.get_materialized_partitions(dg.AssetKey(table))
            # What was killed while its events were not stored yet is there all the same, and not made again.
            wanted = {f"{account}|{day}" for account in ACCOUNTS for day in DAYS}
            stopped = {f"{ACCOUNTS[3]}|{day}" for day in DAYS}
            assert made <= wanted and (table == "trend_report" or wanted - made <= stopped), table

    for path in root.rglob("*=*/**/*.parquet"):
        path.unlink()
    for path in root.rglob("*=*/*.parquet"):
        path.unlink()
    # Some accounts by themselves, the last first; the later days before the earlier ones.
    for account in reversed(ACCOUNTS[4:]):
        one = _peak_mb(_command(organisation, account, DAYS[0], DAYS[-1]))
    _peak_mb(_command(organisation, "all", DAYS[5], DAYS[-1], "--missing-only"))
    # Six accounts take no more memory than one of more days.
    assert _peak_mb(_command(organisation, "all", DAYS[0], DAYS[4])) < 1.3 * one
    _peak_mb([*_whole(organisation), "--missing-only"])
    assert _bytes(_files(root)) == _bytes(whole)
