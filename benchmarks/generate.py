"""`python -m benchmarks.generate`: logs and IAM data of any size, the same for the same seed."""

import argparse
import json
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks.cloudtrail_logs import LogShape, write_logs
from benchmarks.iam_account import IamShape, account_details
from benchmarks.population import account_id

_LAST_HOUR = "T23:00:00Z"


def main(words: Sequence[str] | None = None) -> None:
    """Generate what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    logs = kinds.add_parser("logs", help="CloudTrail logs, AWSLogs/... below FOLDER")
    organisation = kinds.add_parser("organisation", help="logs, IAM data and config.yaml of all accounts")
    for one in (logs, organisation):
        one.add_argument("folder", type=Path)
        one.add_argument("--events", type=int, required=True, help="in all")
        one.add_argument("--accounts", type=int, default=1)
        one.add_argument("--days", type=int, default=1)
        one.add_argument("--first", type=date.fromisoformat, default=LogShape.first)
        one.add_argument("--roles", type=int, default=LogShape.roles, help="an account")
        one.add_argument("--users", type=int, default=LogShape.users, help="an account")
        one.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    iam = kinds.add_parser("iam", help="what get-account-authorization-details returns, as FILE")
    iam.add_argument("file", type=Path)
    iam.add_argument("--account", type=int, default=0, help="the account's number, from 0")
    iam.add_argument("--roles", type=int, default=IamShape.roles)
    iam.add_argument("--users", type=int, default=IamShape.users)
    for one in (iam, organisation):
        one.add_argument("--policies", type=int, default=IamShape.policies)
    for one in (logs, organisation, iam):
        one.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(words)
    if asked.kind == "iam":
        write_iam(asked.file, asked.account, IamShape(asked.roles, asked.users, asked.policies, asked.seed))
    else:
        shape = LogShape(
            asked.events, asked.accounts, asked.days, asked.first, asked.roles, asked.users, asked.seed
        )
        if asked.kind == "logs":
            write_logs(asked.folder, shape, asked.workers)
        else:
            iam_shape = IamShape(asked.roles, asked.users, asked.policies, asked.seed)
            write_organisation(asked.folder, shape, iam_shape, asked.workers)


def write_iam(file: Path, account: int, shape: IamShape) -> None:
    """Write the IAM data of an account."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(account_details(account_id(account), shape)), encoding="utf-8")


def write_organisation(folder: Path, logs: LogShape, iam: IamShape, workers: int) -> Path:
    """Write accounts with logs and IAM data, and return their configuration; the tables go to `folder/lake`."""
    write_logs(folder / "logs", logs, workers)
    last = date.fromordinal(logs.first.toordinal() + logs.days - 1)
    lines = ["cloudtrail: {path: ./logs}", "storage: {root: ./lake}", f"as_of: {last}"]
    lines += [
        f"first_day: {logs.first}",
        f"lookback_days: {min(90, logs.days)}",
        f"workers: {workers}",
        "accounts:",
    ]
    for n in range(logs.accounts):
        write_iam(folder / "iam" / f"{n}.json", n, iam)
        lines.append(
            f'  - {{name: account-{n}, id: "{account_id(n)}", iam: iam/{n}.json, taken_at: {last}{_LAST_HOUR}}}'
        )
    config = folder / "config.yaml"
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return config


if __name__ == "__main__":
    main()
