"""The same logs through a directory and through Athena give the same tables."""

import gzip
import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.data_files import DATA_FILES
from tests.assets.cloudtrail_usage.athena.identities import ISSUED, ROLE_ARN, session
from tests.assets.cloudtrail_usage.athena.readings import LONG_AFTER, local, made, reading, same
from tests.assets.cloudtrail_usage.log_files import (
    ACCOUNT,
    ALICE,
    DAY,
    as_bytes,
    check_conservation,
    event,
    made_of,
    put,
)
from tests.athena_server import FakeAws
from tests.aws import upload
from tests.conftest import SHARED

NEXT, LATER = DAY + timedelta(days=1), DAY + timedelta(days=4)
SAMPLE = DATA_FILES / "sample" / "logs"


def test_the_sample_of_two_accounts_in_one_query(athena_aws: FakeAws, tmp_path: Path) -> None:
    upload(athena_aws.url, SAMPLE, "sample", "some/where")
    days = [date(2026, 6, 10) + timedelta(days=n) for n in range(3)]
    accounts = ("111111111111", "222222222222")
    athena = reading(athena_aws, "sample", "some/where")
    there = [(owner, made_of(tables)) for owner, tables in athena.tables(dict.fromkeys(accounts, days))]
    shutil.copytree(SAMPLE, tmp_path / "logs")
    for account in accounts:
        here = local(tmp_path / "logs", account, days)
        same(here, [tables for owner, tables in there if owner == account])
    assert len(athena_aws.athena.unloads) == 1
    deliveries = {f"{day:%Y/%m/%d}" for day in (*days, date(2026, 6, 13))}
    wanted = [p for p in SAMPLE.rglob("*.json.gz") if "/".join(p.parts[-4:-1]) in deliveries]
    assert athena.scanned.bytes == sum(path.stat().st_size for path in wanted if path.parts[-7] in accounts)
    assert athena_aws.left_over() == []


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the shared data {SHARED}")
def test_the_real_account(athena_aws: FakeAws, tmp_path: Path) -> None:
    shutil.copytree(SHARED / "real-account" / "AWSLogs", tmp_path / "logs" / "AWSLogs")
    upload(athena_aws.url, tmp_path / "logs", "real")
    days = [date(2023, 7, 10)]
    there = made(reading(athena_aws, "real"), "123837392027", days)
    same(local(tmp_path / "logs", "123837392027", days), there)
    assert there[0].usage["events"].sum() == 2900


def test_copies_late_deliveries_and_every_kind_of_identity(athena_aws: FakeAws, tmp_path: Path) -> None:
    root = tmp_path / "logs"
    identities: list[dict[str, Any]] = [
        session("one", **ISSUED),
        session("two", **ISSUED),
        session("three"),
        session("four", arn=ROLE_ARN),
        {**session("five", **ISSUED), "onBehalfOf": {"userId": "u-1"}},
        {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
        {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-2"}, "accountId": ACCOUNT},
        {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT},
        {"invokedBy": "AWS Internal"},
        {"type": "NotYetInvented", "principalId": "X:y"},
        {**ALICE, "invokedBy": "cloudformation.amazonaws.com"},
        {},
    ]
    who = [event(f"who{n}", userIdentity=identity) for n, identity in enumerate(identities)]
    outcomes = [
        event("o1", errorCode="AccessDenied", errorMessage="no"),
        event("o2", errorCode="Client.UnauthorizedOperation"),
        event("o3", errorCode="NoSuchBucket"),
        event(
            "o4", eventName="ConsoleLogin", eventType="AwsConsoleSignIn", errorMessage="Failed authentication"
        ),
        event("o5", eventType=...),
        event("o6", recipientAccountId=...),
    ]
    last = [
        event("b", "2024-03-05T23:59:59Z"),
        event("a", "2024-03-05T23:59:59Z"),
        event("c", "2024-03-05T23:59:58Z"),
    ]
    put(root, [*who, *outcomes, *last])
    put(
        root,
        [event("who0", userIdentity=identities[0]), event("o1", errorCode="AccessDenied", errorMessage="no")],
        "2.json.gz",
    )
    put(root, [event("who1", userIdentity=identities[1])], region="eu-west-1")
    # Copies that differ: in time, in name, in region and time.
    put(
        root,
        [event("d1"), event("d1", eventName="Zzz"), event("d2", "2024-03-05T09:00:00Z"), event("d1")],
        "3.json.gz",
    )
    put(root, [event("d2", "2024-03-05T09:00:01Z"), event("d1")], "4.json.gz", region="eu-west-1")
    # Delivered the day after, days after, and too early.
    put(
        root,
        [event("who2", userIdentity=identities[2]), event("n1"), event("n2", "2024-03-06T00:00:00Z")],
        day=NEXT,
    )
    put(root, [event("l1"), event("n1"), event("l2", "2024-03-09T01:00:00Z")], day=LATER)
    put(root, [event("e1")], day=DAY - timedelta(days=1))
    # Times that are written in other ways.
    odd = (
        "2024-03-05T10:00:00.123456Z",
        "2024-03-05T23:30:00-01:00",
        "2024-03-05t10:00:00z",
        "2024-03-05T00:30:00+01:00",
    )
    put(root, [event(f"t{n}", time) for n, time in enumerate((*odd, odd[0]))], "odd.json")
    put(root, [event("t0", odd[0])], "odd2.json")
    put(root, [], "nothing.json.gz")
    put(root, b"x", f"{ACCOUNT}_CloudTrail-Digest_us-east-1.json.gz")
    put(root, [event("x", account="222222222222")], account="222222222222")
    upload(athena_aws.url, root, "kinds")
    for days, late in (
        ([DAY], {}),
        ([DAY, NEXT], {}),
        ([DAY, NEXT], {DAY: [LATER, DAY - timedelta(days=1)]}),
        ([DAY, LATER], {NEXT: [LATER], DAY: [LATER]}),
    ):
        here = local(root, ACCOUNT, days, late_from=late)
        same(here, made(reading(athena_aws, "kinds", late_from=late), ACCOUNT, days))
        for tables in here:
            check_conservation(tables)


def test_what_cannot_be_read_is_rejected_and_the_rest_is_thesame(athena_aws: FakeAws, tmp_path: Path) -> None:
    root = tmp_path / "logs"
    good = [event("g1"), event("g2", "2024-03-05T11:00:00Z")]
    bad = [
        event("b1", userIdentity=None),
        event("b2", "2024-02-30T10:00:00Z"),
        event("b3", "yesterday"),
        event("b4", recipientAccountId="999999999999"),
        event("b5", eventSource=""),
        event("b6", eventName=""),
        event("b7", eventName=...),
        event("b8", eventSource=...),
        event("b9", "1969-12-31T10:00:00Z"),
        event("b10", "2033-07-10T10:00:00Z", eventSource="sts.amazonaws.com", eventName="AssumeRole"),
        event("b11", "2024-03-07T00:00:00+01:00"),
        event("b12", "2024-03-07T00:30:00Z"),
        event("b13", "2024-03-07T02:30:00+01:00"),
    ]
    put(root, [*good, *bad])
    put(root, b"", "empty.json.gz")
    put(root, b"text", "notes.txt")
    put(root, gzip.compress(json.dumps({"Records": [event("cut")]}).encode())[:-9], "cut.json.gz")
    put(root, b'{"Records": [', "torn.json", region="eu-west-1")
    put(root, b'{"Other": 1}', "other.json", region="eu-west-1")
    put(root, [event("g3")], region="eu-west-1")
    upload(athena_aws.url, root, "bad", "p")
    (here,) = local(root, ACCOUNT, [DAY])
    (there,) = made(reading(athena_aws, "bad", "p"), ACCOUNT, [DAY])
    assert here.usage["events"].sum() == 3
    assert there.usage.equals(here.usage)
    assert there.coverage.equals(here.coverage)
    assert there.coverage["complete"].to_list() == [False, False]
    whole = pl.col("position") == -1
    assert there.rejected.filter(whole).equals(here.rejected.filter(whole))
    columns = ("region", "file", "reason")
    assert there.rejected.select(columns).sort(columns).equals(here.rejected.select(columns).sort(columns))
    # Athena does not tell where in a file a record is.
    assert there.rejected.filter(~whole)["position"].sort().to_list() == list(range(-13, -1))
    check_conservation(there)
    # One query for each file that Athena cannot read, and one for the rest.
    assert len(athena_aws.athena.unloads) == 3


def test_organisations_and_other_partitions_of_aws(athena_aws: FakeAws, tmp_path: Path) -> None:
    root = tmp_path / "logs"
    owner = f"o-myid123/{ACCOUNT}"
    nameless = {name: value for name, value in ALICE.items() if name != "arn"}
    for region in ("cn-north-1", "us-gov-west-1"):
        put(root, [event(region, userIdentity=nameless)], account=owner, region=region)
    upload(athena_aws.url, root, "organisation", "p")
    athena = reading(athena_aws, "organisation", "p", org_id="o-myid123")
    there = made(athena, ACCOUNT, [DAY])
    same(local(root, ACCOUNT, [DAY], org_id="o-myid123"), there)
    assert there[0].usage["principal_arn"].sort().to_list() == [
        f"arn:aws-cn:iam::{ACCOUNT}:user/alice",
        f"arn:aws-us-gov:iam::{ACCOUNT}:user/alice",
    ]


def test_records_without_an_id_are_counted_once_each(athena_aws: FakeAws, tmp_path: Path) -> None:
    root = tmp_path / "logs"
    put(root, [event(None), event(None, requestParameters={"other": 1}), event(None, eventName="GetObject")])
    put(root, [event(None)], "copy.json.gz")
    upload(athena_aws.url, root, "unnamed")
    (here,) = local(root, ACCOUNT, [DAY])
    (there,) = made(reading(athena_aws, "unnamed"), ACCOUNT, [DAY])
    assert there.coverage.equals(here.coverage)
    assert there.usage.drop("last_event_id").equals(here.usage.drop("last_event_id"))
    assert here.usage["events"].sum() == 3
    assert there.usage["last_event_id"].str.starts_with("record:").all()


def test_days_without_logs_need_no_query(athena_aws: FakeAws, tmp_path: Path) -> None:
    put(tmp_path / "logs", [event("1")])
    upload(athena_aws.url, tmp_path / "logs", "quiet")
    day = date(2020, 1, 1)
    there = made(reading(athena_aws, "quiet"), ACCOUNT, [day])
    (here,) = local(tmp_path / "logs", ACCOUNT, [day], now=LONG_AFTER)
    assert as_bytes(there[0]) == as_bytes(here)
    assert not athena_aws.athena.queries
