"""The story of one action, and the list of grants: a small account for each way a story can go."""

import json
from typing import Any

import pytest

from tests.build import ACCOUNT, allow, iam, record, user
from tests.conftest import Account, Ask

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/limit"
CONDITION = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def _policy(arn: str, *statements: dict[str, Any]) -> dict[str, Any]:
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": {"Statement": list(statements)}}
    return {
        "PolicyName": arn.rpartition("/")[2],
        "Arn": arn,
        "DefaultVersionId": "v1",
        "PolicyVersionList": [version],
    }


def _group(name: str, *statements: dict[str, Any]) -> dict[str, Any]:
    inline = {"PolicyName": "ours", "PolicyDocument": {"Statement": list(statements)}}
    arn = f"arn:aws:iam::{ACCOUNT}:group/{name}"
    return {"GroupName": name, "GroupId": "AGPAX", "Arn": arn, "Path": "/", "GroupPolicyList": [inline]}


ALICE = user(
    "alice",
    allow("iam:GetUser", "s3:GetObject"),
    allow("ec2:StopInstances", Condition=CONDITION, Sid="WithMfa"),
    {"Effect": "Deny", "Action": "iam:Delete*", "Resource": "*", "Sid": "NoDeletes"},
    GroupList=["staff"],
    PermissionsBoundary={"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": BOUNDARY},
)
DETAILS = iam(
    ALICE,
    GroupDetailList=[_group("staff", allow("iam:List*", "iam:DeleteUser", "sqs:ListQueues"))],
    Policies=[_policy(BOUNDARY, allow("iam:*", "ec2:*", "s3:*"))],
)


@pytest.fixture
def demo(account: Account) -> Account:
    """alice with a group, a Deny, a condition and a boundary, and events of every outcome."""
    account.write_iam(DETAILS)
    account.log(
        record(ALICE, "iam:GetUser", "2026-06-28T10:00:00Z"),
        record(ALICE, "iam:GetUser", "2026-06-28T11:00:00Z", errorCode="AccessDenied"),
        record(ALICE, "iam:ListUsers", "2026-06-28T10:00:00Z", errorCode="AccessDenied"),
        record(ALICE, "rds:CreateDBInstance", "2026-06-28T12:00:00Z", errorCode="AccessDenied"),
        record(ALICE, "ec2:RunInstances", "2026-06-28T12:00:00Z"),
    )
    return account


EXPLAIN = ("explain", "--account", "demo", "--user", "alice")


@pytest.mark.parametrize(
    ("action", "verdict", "granted", "line"),
    [
        (
            "iam:getuser",
            "used (called)",
            "yes",
            "inline policy inline, statement 0: Allow Action iam:GetUser",
        ),
        (
            "iam:ListUsers",
            "unused (only_denied)",
            "yes",
            "inline policy ours through group staff, statement 0",
        ),
        (
            "iam:DeleteUser",
            "none: it is neither",
            "no: denied by inline statement 2",
            "'NoDeletes': Deny Action",
        ),
        (
            "sqs:ListQueues",
            "none: it is neither",
            f"no: the permissions boundary {BOUNDARY}",
            "through group staff",
        ),
        ("ec2:StopInstances", "unused (never_called)", "yes, restricted", "if {"),
        (
            "ec2:RunInstances",
            "not_granted (revoked)",
            "no: no statement allows it",
            "ec2.amazonaws.com RunInstances: 1 ok",
        ),
        ("s3:GetObject", "unknown (selectors_unknown)", "yes", "recorded only where the trail selects them"),
        (
            "rds:CreateDBInstance",
            "none: it is neither granted nor used; it was tried and refused 1 times",
            "no:",
            "1 denied",
        ),
    ],
)
def test_a_story(demo: Account, ask: Ask, action: str, verdict: str, granted: str, line: str) -> None:
    answer = ask(*EXPLAIN, action)
    assert answer.code == 0
    chapters = {text[:14].strip(): text[14:] for text in answer.lines[1:] if text[:14].strip()}
    assert chapters["verdict"].startswith(verdict)
    assert chapters["granted"].startswith(granted)
    assert line in answer.out
    assert "resource control policies" in chapters["not evaluated"]


def test_a_story_as_data(demo: Account, ask: Ask) -> None:
    story = json.loads(ask(*EXPLAIN, "iam:GetUser", "--format", "json").out)
    assert (story["granted"], story["verdict"]["status"], story["recorded"]) == (True, "used", "management")
    assert [(row["outcome"], row["events"]) for row in story["events"]] == [("denied", 1), ("ok", 1)]
    assert story["allowing"][0]["pattern"] == "iam:GetUser"


def test_an_unknown_action_names_near_ones(demo: Account, ask: Ask) -> None:
    answer = ask(*EXPLAIN, "iam:GetUsr")
    assert answer.code == 2
    assert "iam:GetUsr: no such IAM action; did you mean 'iam:getuser'" in answer.err


def test_grants_with_their_statements(demo: Account, ask: Ask) -> None:
    answer = ask("grants", "--account", "demo", "--user", "alice", "--action", "EC2:*")
    assert answer.lines == [
        "Grants of user alice on 2026-06-30: 1 actions",
        "~ ec2:StopInstances",
        "      inline policy inline, statement 1 'WithMfa': Allow Action ec2:StopInstances"
        ' if {"Bool":{"aws:MultiFactorAuthPresent":"true"}}',
    ]


def test_grants_as_data_name_the_whole_statement(demo: Account, ask: Ask) -> None:
    rows = json.loads(ask("grants", "--account", "demo", "--user", "alice", "--format", "json").out)
    by_action = {row["action"]: row for row in rows}
    assert "iam:DeleteUser" not in by_action
    assert by_action["iam:ListUsers"]["granted_by"][0]["group"] == "staff"
    assert (
        ask("grants", "--account", "demo", "--user", "alice", "--format", "csv")
        .lines[0]
        .startswith("principal_arn,")
    )


def test_grants_read_no_logs(demo: Account, ask: Ask) -> None:
    demo.configure(cloudtrail={"path": "./elsewhere"})
    assert ask("grants", "--account", "demo", "--user", "alice").code == 0


def test_a_problem_is_said(account: Account, ask: Ask) -> None:
    gone = {"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}
    account.write_iam(iam(user("alice", allow("iam:GetUser"), AttachedManagedPolicies=[gone])))
    assert "! missing_policy: " in ask("grants", "--account", "demo", "--user", "alice").out
    assert "missing_policy: " in ask(*EXPLAIN, "iam:GetUser").out


def test_whom_must_be_said_once(demo: Account, ask: Ask) -> None:
    assert ask("explain", "--account", "demo", "iam:GetUser").code == 2
    assert ask("grants", "--account", "demo", "--user", "a", "--role", "b").code == 2
