"""A real day of CloudTrail through the real command, against an independent reading of the raw JSON."""

import fnmatch
import gzip
import json
from collections import Counter
from typing import Any

import polars as pl
import pytest

from pipeline.lake import Lake
from tests.conftest import SHARED, Account, Ask

REAL = SHARED / "real-account"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"needs the real account in {REAL}")
RUN = ("--account", "real", "--from", "2023-07-10", "--to", "2023-07-10")


@pytest.fixture
def real(account: Account) -> Account:
    """The configuration of the real account; its files are read where they lie."""
    account.configure(
        as_of="2023-07-10",
        lookback_days=90,
        cloudtrail={"path": str(REAL)},
        accounts=[{"name": "real", "id": "123837392027", "iam": str(REAL / "iam.json")}],
    )
    return account


def _records() -> list[dict[str, Any]]:
    files = sorted(REAL.rglob("*.json.gz"))
    return [record for file in files for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]


def test_all_records_are_accounted_for(real: Account, ask: Ask) -> None:
    answer = ask("run", *RUN)
    assert answer.code == 0
    said = "2,900 records in 55 files: 2,855 permission events, 45 other events, 0 duplicates, 0 rejected"
    assert said in answer.out
    lake = Lake(real.root)
    usage = lake.scan("cloudtrail_usage", lake.partitions("cloudtrail_usage")).collect()
    assert usage["events"].sum() == len(_records()) == 2900
    by_type = dict(usage.group_by("event_type").agg(pl.col("events").sum()).rows())
    assert by_type == Counter(record["eventType"] for record in _records())


def test_a_users_verdicts_follow_from_the_raw_json(real: Account, ask: Ask) -> None:
    rows = json.loads(ask("--account", "real", "--user", "bert-jan", "--format", "json").out)
    patterns = _allowed("bert-jan")
    succeeded: Counter[str] = Counter()
    for record in _records():
        mine = (record["userIdentity"] or {}).get("arn", "").endswith(":user/bert-jan")
        if mine and record["eventType"] == "AwsApiCall" and "errorCode" not in record:
            succeeded[f"{record['eventSource'].partition('.')[0]}:{record['eventName']}".lower()] += 1
    seen = Counter(row["status"] for row in rows)
    assert all(seen[status] >= 100 for status in ("used", "unused", "unknown", "not_granted"))
    for row in rows:
        action = row["action"].lower()
        granted = any(fnmatch.fnmatchcase(action, pattern) for pattern in patterns)
        assert granted == (row["status"] != "not_granted") or row["reason"] == "unverified", row
        if row["status"] == "unused":
            assert not succeeded[action], row
        if action in succeeded and action.partition(":")[0] in {"ec2", "iam", "rds", "secretsmanager"}:
            # In these services every call needs the action of its own name.
            assert row["events"] == succeeded[action], row


def _allowed(name: str) -> list[str]:
    details = json.loads((REAL / "iam.json").read_text(encoding="utf-8"))
    user = next(entry for entry in details["UserDetailList"] if entry["UserName"] == name)
    groups = [group for group in details["GroupDetailList"] if group["GroupName"] in user["GroupList"]]
    attached = [policy["PolicyArn"] for one in (user, *groups) for policy in one["AttachedManagedPolicies"]]
    documents = [
        version["Document"]
        for policy in details["Policies"]
        if policy["Arn"] in attached
        for version in policy["PolicyVersionList"]
        if version["IsDefaultVersion"]
    ]
    documents += [inline["PolicyDocument"] for group in groups for inline in group["GroupPolicyList"]]
    statements = [statement for document in documents for statement in _list(document["Statement"])]
    # bert-jan has neither Deny nor NotAction nor conditions: nothing else decides.
    assert all(set(one) <= {"Sid", "Effect", "Action", "Resource"} for one in statements)
    return [action.lower() for statement in statements for action in _list(statement["Action"])]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
