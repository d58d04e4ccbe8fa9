"""The least IAM policy of the README is what the tool really calls, no more and no less."""

import json
from pathlib import Path

import polars as pl

from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from tests.conftest import Account, Ask
from tests.live.aws_front import Front
from tests.live.conftest import client, populate

POLICY = DATA_FILES / "least_policy.json"
NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity"}
STATEMENTS = {
    "LiveAccounts": {"iam", "cloudtrail"},
    "Organization": {"organizations"},
    "AssumeRole": {"sts"},
}


def test_the_least_policy_is_what_is_called(account: Account, aws: Front, ask: Ask) -> None:
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    organizations.create_account(AccountName="prod", Email="some@body.example")
    populate()
    client("s3").create_bucket(Bucket="logs-one")
    client("cloudtrail").create_trail(Name="one", S3BucketName="logs-one")
    account.configure(as_of=None, accounts=[], organization={"role_name": "CloudTrackerAudit"})
    aws.calls.clear()
    answer = ask("snapshot", "--account", "all")
    assert answer.code == 0, answer.err
    called = {call.action for call in aws.calls} - NEEDS_NO_PERMISSION
    policy = json.loads(Path(POLICY).read_text(encoding="utf-8"))
    by_name = {statement["Sid"]: set(statement["Action"]) for statement in policy["Statement"]}
    for name, services in STATEMENTS.items():
        assert by_name[name] == {action for action in called if action.split(":")[0] in services}, name
    assert {action.split(":")[0] for action in called} == set.union(*STATEMENTS.values())


def test_the_policy_is_one_that_iam_takes(facts: Path) -> None:
    known = set(Lake(facts).read("iam_actions").filter(~pl.col("unverified"))["action"])
    policy = json.loads(POLICY.read_text(encoding="utf-8"))
    assert policy["Version"] == "2012-10-17"
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        assert statement["Action"] == sorted(statement["Action"])
        assert set(statement["Action"]) <= known
    roles = next(one["Resource"] for one in policy["Statement"] if one["Sid"] == "AssumeRole")
    assert roles == "arn:aws:iam::*:role/CloudTrackerAudit"
