"""What cannot be taken away permission by permission is marked as what it is, through the real command."""

import json
from typing import Any

import pytest

from assets.principal_diffs.removable import REMOVABLE
from tests.build import ACCOUNT, allow, iam, record, role, user
from tests.conftest import Account, Ask

AWS_QUEUES = "arn:aws:iam::aws:policy/Queues"
AWS_KEYS = "arn:aws-cn:iam::aws:policy/service-role/Keys"
OWN_MAIL = f"arn:aws:iam::{ACCOUNT}:policy/aws:policy/Mail"


def _policy(arn: str, *actions: str) -> dict[str, Any]:
    name = arn.rpartition("/")[2]
    document = {"Version": "2012-10-17", "Statement": [allow(*actions)]}
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document}
    return {
        "PolicyName": name,
        "PolicyId": f"ANPA{name}",
        "Arn": arn,
        "Path": "/",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [version],
    }


def _attached(*arns: str) -> list[dict[str, str]]:
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]


POLICIES = [
    _policy(AWS_QUEUES, "sqs:ListQueues", "iam:GetUser"),
    _policy(AWS_KEYS, "kms:ListKeys", "iam:GetUser"),
    _policy(OWN_MAIL, "ses:ListIdentities"),
]
ALICE = user(
    "alice",
    allow("iam:GetUser", "iam:GetRole"),
    AttachedManagedPolicies=_attached(AWS_QUEUES, OWN_MAIL),
    GroupList=["readers"],
)
READERS = {
    "GroupName": "readers",
    "GroupId": "AGPAREADERS",
    "Arn": f"arn:aws:iam::{ACCOUNT}:group/readers",
    "Path": "/",
    "CreateDate": "2020-01-01T00:00:00Z",
    "GroupPolicyList": [],
    "AttachedManagedPolicies": _attached(AWS_KEYS),
}
BOB = user("bob", AttachedManagedPolicies=_attached(AWS_QUEUES, AWS_KEYS))
LINKED = role("AWSServiceRoleForX", allow("iam:GetRole"), Path="/aws-service-role/x.amazonaws.com/")
LINKED["AttachedManagedPolicies"] = _attached(AWS_QUEUES)
SSO = role("AWSReservedSSO_Admin_0a1b2c", allow("iam:GetRole"), Path="/aws-reserved/sso.amazonaws.com/")
SSO["AttachedManagedPolicies"] = _attached(AWS_QUEUES)
# A user may bear the name of a role of IAM Identity Center: it is none.
NAMESAKE = user("AWSReservedSSO_Alice", allow("iam:GetRole"))


@pytest.fixture
def demo(account: Account) -> Account:
    """Users and roles of every kind; alice also used what nobody granted."""
    entries = (ALICE, BOB, LINKED, SSO, NAMESAKE)
    account.write_iam(iam(*entries, GroupDetailList=[READERS], Policies=POLICIES))
    account.log(record(ALICE, "ec2:StopInstances", "2026-06-28T10:00:00Z"))
    return account


def _marks(ask: Ask, *question: object) -> dict[str, str]:
    rows = json.loads(ask("--account", "demo", *question, "--format", "json").out)
    return {row["action"]: row["removable"] for row in rows}


ALICES = {
    "ec2:StopInstances": "",
    "iam:GetRole": "yes",
    "iam:GetUser": "yes",  # an inline policy grants it besides
    "kms:ListKeys": "aws_managed_policy",
    "ses:ListIdentities": "yes",
    "sqs:ListQueues": "aws_managed_policy",
}


def test_each_permission_is_marked(demo: Account, ask: Ask) -> None:
    assert _marks(ask, "--user", "alice") == ALICES
    managed = dict.fromkeys(("iam:GetUser", "kms:ListKeys", "sqs:ListQueues"), "aws_managed_policy")
    assert _marks(ask, "--user", "bob") == managed
    three = ("iam:GetRole", "iam:GetUser", "sqs:ListQueues")
    assert _marks(ask, "--role", "AWSServiceRoleForX") == dict.fromkeys(three, "service_linked_role")
    assert _marks(ask, "--role", "AWSReservedSSO_Admin_0a1b2c") == dict.fromkeys(three, "sso_role")
    assert _marks(ask, "--user", "AWSReservedSSO_Alice") == {"iam:GetRole": "yes"}


def test_another_window_and_another_file_are_marked_too(demo: Account, ask: Ask) -> None:
    assert _marks(ask, "--user", "alice", "--start", "2026-06-28") == ALICES
    other = demo.folder / "other.json"
    alice = {**ALICE, "UserPolicyList": []}
    other.write_text(json.dumps(iam(alice, GroupDetailList=[READERS], Policies=POLICIES)), encoding="utf-8")
    marks = _marks(ask, "--user", "alice", "--iam", other)
    assert marks == {name: mark for name, mark in ALICES.items() if name != "iam:GetRole"} | {
        "iam:GetUser": "aws_managed_policy"
    }


def test_the_classic_lines_stay_as_they_were(demo: Account, ask: Ask) -> None:
    lines = ask("--account", "demo", "--role", "AWSServiceRoleForX").lines
    assert [line[2:] for line in lines[1:]] == ["iam:getrole", "iam:getuser", "sqs:listqueues"]


def test_the_story_says_it_in_words(demo: Account, ask: Ask) -> None:
    told = ask("explain", "--account", "demo", "--user", "bob", "kms:ListKeys").lines
    assert f"removable     not by itself: {REMOVABLE['aws_managed_policy']}" in told
    told = ask("explain", "--account", "demo", "--user", "alice", "iam:GetUser").lines
    assert not [line for line in told if line.startswith("removable")]


def test_the_set_is_closed(demo: Account, ask: Ask) -> None:
    found = {mark for who in ("alice", "bob") for mark in _marks(ask, "--user", who).values()}
    roles = ("AWSServiceRoleForX", "AWSReservedSSO_Admin_0a1b2c")
    found |= {mark for who in roles for mark in _marks(ask, "--role", who).values()}
    assert found == set(REMOVABLE)
