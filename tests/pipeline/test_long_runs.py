"""More days than one run takes: stopped in the middle it goes on where it was, and the order does not show."""

import hashlib
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.build import allow, iam, record, role, user
from tests.conftest import Account, Ask

pytestmark = pytest.mark.long


PROGRAM = Path(sys.executable).parent / "cloudtracker"
ALICE, ADMIN = user("alice", allow("s3:*", "ec2:Describe*")), role("admin", allow("iam:*"))
DAYS = [date(2026, 6, 30) - timedelta(days=n) for n in range(34, -1, -1)]
SECOND_RUN = DAYS[31]
ALL = ("run", "--account", "demo", "--from", str(DAYS[0]), "--to", str(DAYS[-1]))


@pytest.fixture
def demo(account: Account) -> Account:
    account.write_iam(iam(ALICE, ADMIN))
    for n, day in enumerate(DAYS):
        calls = [record(ALICE, "s3:ListBuckets", f"{day}T10:00:00Z")] if n % 3 else []
        account.log(*calls, record(ADMIN, "iam:GetUser", f"{day}T11:00:00Z"))
    return account


def _files(account: Account) -> dict[str, tuple[int, str]]:
    return {
        str(path.parent.relative_to(account.root)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in account.root.rglob("*.parquet")
        if ".staging" not in path.parts
    }


def _bytes(files: dict[str, tuple[int, str]]) -> dict[str, str]:
    return {name: told for name, (_, told) in files.items()}


def test_a_killed_backfill_goes_on_where_it_was_and_no_order_shows(demo: Account, ask: Ask) -> None:
    process = subprocess.Popen(
        [PROGRAM, *ALL], cwd=demo.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not demo.root.joinpath("cloudtrail_usage", f"day={SECOND_RUN}").exists() and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = _files(demo)
    diffs = {name for name in before if name.startswith("principal_diffs/")}
    assert {f"principal_diffs/day={day}/account=111111111111" for day in DAYS[:31]} == diffs
    assert ask(*ALL, "--missing-only").code == 0
    resumed = _files(demo)
    # The first run was not made again.
    for name in (*diffs, *(f"cloudtrail_usage/{one.partition('/')[2]}" for one in diffs)):
        assert resumed[name] == before[name], name

    for path in demo.root.rglob("*=*/**/*.parquet"):
        path.unlink()
    assert ask("run", "--account", "demo", "--from", str(DAYS[20]), "--to", str(DAYS[-1])).code == 0
    assert ask("run", "--account", "demo", "--from", str(DAYS[0]), "--to", str(DAYS[19])).code == 0
    assert ask(*ALL, "--missing-only").code == 0
    assert _bytes(_files(demo)) == _bytes(resumed)
