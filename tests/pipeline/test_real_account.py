"""A real day of CloudTrail through the real command, against an independent reading of the raw JSON."""

import fnmatch
import gzip
import json
from collections import Counter
from typing import Any

import polars as pl
import pytest

from pipeline.lake import Lake
from pipeline.tables import TABLES
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


def test_assumptions_and_sessions_are_those_of_the_raw_json(real: Account, ask: Ask) -> None:
    assert ask("run", *RUN).code == 0
    lake = Lake(real.root)
    assumptions = lake.scan("role_assumptions", lake.partitions("role_assumptions")).collect()
    sessions = lake.scan("session_usage", lake.partitions("session_usage")).collect()
    records = {record["eventID"]: record for record in _records()}
    assumed = {id_: record for id_, record in records.items() if record["eventName"] == "AssumeRole"}
    assert set(assumptions["event_id"]) == set(assumed)
    keys = {
        record["responseElements"]["credentials"]["accessKeyId"]: id_
        for id_, record in assumed.items()
        if (record["responseElements"] or {}).get("credentials")
    }
    stored = dict(assumptions.select("event_id", "key").rows())
    assert len(keys) == 36 == sum(key != "" for key in stored.values())
    assert len(set(stored.values())) == 37
    # The sessions of people bear the key that they were issued; those of services are taken together.
    used = Counter(_key(record) for record in records.values() if _key(record) in keys)
    assert len(used) == 8
    by_key = dict(sessions.group_by("key").agg(pl.col("events").sum()).rows())
    services = {key for key in used if "invokedBy" in records[keys[key]]["userIdentity"]}
    assert {key: by_key.get(stored[keys[key]], 0) for key in used} == {
        key: 0 if key in services else events for key, events in used.items()
    }
    ec2 = sessions.filter(pl.col("service") == "ec2.amazonaws.com")["events"].sum()
    assert ec2 == sum(events for key, events in used.items() if key in services) == 23
    assert sessions["events"].sum() == sum(_is_session(record["userIdentity"]) for record in records.values())
    for table in TABLES:
        for path in (real.root / table).rglob("*.parquet"):
            for column in pl.read_parquet(path).select(pl.col(pl.String)).iter_columns():
                assert not column.str.contains(r"\b(AKIA|ASIA)[A-Z0-9]{8}").any(), (table, column.name)


def _key(record: dict[str, Any]) -> str | None:
    return (record["userIdentity"] or {}).get("accessKeyId")


def _is_session(who: dict[str, Any]) -> bool:
    return who.get("type") == "AssumedRole" or who.get("accessKeyId", "").startswith("ASIA")


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


def test_the_keys_that_are_used_later_are_tied_to_the_call_that_issued_them(real: Account, ask: Ask) -> None:
    assert ask("run", *RUN).code == 0
    lake = Lake(real.root)
    rows = lake.scan("role_sessions", lake.partitions("role_sessions")).collect().to_dicts()
    issued = {
        record["responseElements"]["credentials"]["accessKeyId"]: record
        for record in _records()
        if record["eventName"].startswith("AssumeRole")
        and "credentials" in (record["responseElements"] or {})
    }
    used = Counter(record["userIdentity"].get("accessKeyId") for record in _records())
    later = {key: record for key, record in issued.items() if used[key]}
    assert (len(issued), len(later)) == (36, 8)
    people = 0
    for key, record in later.items():
        role = record["requestParameters"]["roleArn"]
        if record["userIdentity"]["type"] == "AWSService":
            # Sessions of EC2 are one row, with all its calls to AssumeRole and all that was done.
            same = [
                one for one, call in issued.items()
                if call["requestParameters"]["roleArn"] == role and call["userIdentity"]["type"] == "AWSService"
            ]  # fmt: skip
            (row,) = [
                row for row in rows if row["role_arn"] == role and row["service"] == "ec2.amazonaws.com"
            ]
            assert (row["kind"], row["assumptions"]) == ("service", len(same))
            assert row["events"] == sum(used[one] for one in same)
            continue
        (row,) = [row for row in rows if row["via_events"] == [record["eventID"]]]
        assert (row["link"], row["certainty"], row["kind"]) == ("access_key", "certain", "person")
        assert row["origin_arn"] == record["userIdentity"]["arn"]
        assert row["events"] == used[key]
        people += 1
    assert people == 5
