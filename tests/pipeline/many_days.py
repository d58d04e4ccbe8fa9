"""Seven days of two principals: enough that a run can be stopped in the middle."""

import hashlib
import subprocess
import sys
from pathlib import Path

from tests.build import allow, iam, log_file, record, role, user
from tests.conftest import Account

PROGRAM = Path(sys.executable).parent / "cloudtracker"
ALICE = user("alice", allow("s3:*", "ec2:Describe*"))
ADMIN = role("admin", allow("*"))
DAYS = [f"2026-06-{day}" for day in range(24, 31)]
# Two tables of facts, thirteen a day, and the history with its bookkeeping.
FILES = 2 + 16 * len(DAYS) + 2
RUN = ("run", "--account", "demo", "--from", DAYS[0], "--to", DAYS[-1])


def write(account: Account) -> Account:
    """Write the logs and the IAM data."""
    account.write_iam(iam(ALICE, ADMIN))
    for day in DAYS:
        records = [record(ALICE, "s3:ListBuckets", f"{day}T{hour:02}:00:00Z") for hour in range(24)]
        log_file(account.logs, [*records, record(ADMIN, "iam:GetUser", f"{day}T10:00:00Z"), records[0]])
    return account


def hashes(account: Account) -> dict[str, str]:
    """Return the hash of every file of the lake by its name."""
    return {
        str(path.relative_to(account.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(account.root.rglob("*.parquet"))
        # What a killed reader of logs left behind is no table.
        if ".staging" not in path.parts
    }


def start(account: Account, *more: str) -> subprocess.Popen[str]:
    """Start a run over all days in a process of its own."""
    return subprocess.Popen(
        [PROGRAM, *RUN, *more],
        cwd=account.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
