"""A day of AssumeRole events, written fast: what a busy function does to an account, and a few people."""

import json
import sys
from pathlib import Path

import pipeline.cli.environment  # noqa: F401  # as the command does, before Polars is loaded
from tests.assets.cloudtrail_usage.log_files import ACCOUNT, ALICE, event, put
from tests.peak_memory import peak_mb

PER_FILE = 5_000
# One event in so many is a person's.
PEOPLE = 100


def write_busy_day(root: Path, events: int) -> None:
    """Write so many assumptions, all but one in `PEOPLE` by Lambda, and one call in each of the sessions."""
    service = _template({"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}, "busy")
    person = _template(ALICE, "admin")
    for file in range(-(-events // PER_FILE)):
        records = []
        for n in range(file * PER_FILE, min(events, (file + 1) * PER_FILE)):
            issued, acted = person if n % PEOPLE == 0 else service
            clock = f"{n % 24:02}:{n % 60:02}:{n // 60 % 60:02}"
            number = f"{n:08}"
            for text in (issued, acted):
                records.append(text.replace("#NUMBER#", number).replace("#CLOCK#", clock))  # noqa: PERF401
        put(root, f'{{"Records":[{",".join(records)}]}}'.encode(), f"{file:05}.json")


def _template(who: dict[str, object], role: str) -> tuple[str, str]:
    key, role_id = "ASIABUSY#NUMBER#", f"AROA{role.upper()}"
    session = f"{role_id}:s#NUMBER#"
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    issued = event(
        "#NUMBER#-0b6a-4c1f-8f8e-0123456789ab",
        "2024-03-05T#CLOCK#Z",
        userIdentity=who,
        eventSource="sts.amazonaws.com",
        eventName="AssumeRole",
        requestParameters={"roleArn": arn, "roleSessionName": "s#NUMBER#"},
        responseElements={
            "credentials": {
                "accessKeyId": key,
                "sessionToken": "x" * 300,
                "expiration": "Mar 6, 2024, 1:00:00 AM",
            },
            "assumedRoleUser": {
                "assumedRoleId": session,
                "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/s",
            },
        },
    )
    acted = event(
        "#NUMBER#-1b6a-4c1f-8f8e-0123456789ab",
        "2024-03-05T#CLOCK#Z",
        userIdentity={
            "type": "AssumedRole",
            "principalId": session,
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/s#NUMBER#",
            "accountId": ACCOUNT,
            "accessKeyId": key,
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "principalId": role_id, "arn": arn, "accountId": ACCOUNT},
                "attributes": {"creationDate": "2024-03-05T#CLOCK#Z"},
            },
        },
    )
    return json.dumps(issued), json.dumps(acted)


def main() -> None:
    """Read the day written below a folder into a lake, and print the events, rows and peak of the memory in MB."""
    from datetime import UTC, datetime

    from assets.cloudtrail_usage.days import LogReading, usage_days
    from assets.cloudtrail_usage.sources.local import LocalLogs
    from assets.partitions import Partition
    from pipeline.lake import Lake
    from tests.assets.cloudtrail_usage.log_files import DAY

    root = Path(sys.argv[1])
    reading = LogReading(
        source=LocalLogs(root / "logs"), late_days=1, late_hours=24, late_deliveries=lambda _: {},
        now=lambda: datetime(2024, 6, 1, tzinfo=UTC), staging=root / "staging", workers=1, secret=lambda: b"s" * 16,
    )  # fmt: skip
    lake = Lake(root / "lake")
    with usage_days([Partition(DAY, ACCOUNT)], reading) as days:
        for table, parts in (
            ("cloudtrail_usage", days.usage()),
            ("role_assumptions", days.assumptions()),
            ("session_usage", days.sessions()),
        ):
            for partition, frame in parts:
                lake.write(table, frame, partition)
    sys.stdout.write(f"{peak_mb():.0f}\n")


if __name__ == "__main__":
    main()
