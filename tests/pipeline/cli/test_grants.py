"""The list of what a user or role is granted, and through what."""

import csv
import io
import json

import pytest

from assets.number_words import number_of
from tests.build import ACCOUNT, allow, iam, record, role, user
from tests.conftest import Account, Ask

CONDITION = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
GROUP = {
    "GroupName": "staff",
    "GroupId": "AGPAX",
    "Arn": f"arn:aws:iam::{ACCOUNT}:group/staff",
    "Path": "/",
    "GroupPolicyList": [{"PolicyName": "ours", "PolicyDocument": {"Statement": allow("sqs:ListQueue*")}}],
}
ALICE = user(
    "alice",
    allow("sqs:ListQueues", "ec2:StopInstances"),
    allow("ec2:StartInstances", Condition=CONDITION, Sid="WithMfa"),
    {"Effect": "Deny", "Action": "ec2:Stop*", "Resource": "arn:aws:ec2:*:*:instance/i-1"},
    {"Effect": "Deny", "Action": "sqs:ListQueueTags", "Resource": "*"},
    GroupList=["staff"],
)
GRANTS = ("grants", "--account", "demo", "--user", "alice")


@pytest.fixture
def demo(account: Account) -> Account:
    """alice with a policy of her own and a group, and the role idle without any."""
    account.write_iam(iam(ALICE, role("idle"), GroupDetailList=[GROUP]))
    return account


def test_an_action_a_line_with_its_statements(demo: Account, ask: Ask) -> None:
    answer = ask(*GRANTS)
    assert (answer.code, answer.err) == (0, "")
    assert answer.lines == [
        "user alice of account demo on 2026-06-30: 3 actions, 2 of them restricted (~)",
        "~ ec2:StartInstances  inline policy inline, statement 1 'WithMfa': Allow Action ec2:StartInstances"
        ' if {"Bool":{"aws:MultiFactorAuthPresent":"true"}}',
        "~ ec2:StopInstances   inline policy inline, statement 0: Allow Action ec2:StopInstances"
        "; limited by inline policy inline, statement 2: Deny Action ec2:Stop* on arn:aws:ec2:*:*:instance/i-1",
        "  sqs:ListQueues      inline policy inline, statement 0: Allow Action sqs:ListQueues"
        "; inline policy ours through group staff, statement 0: Allow Action sqs:ListQueue*",
    ]


@pytest.mark.parametrize(
    ("pattern", "actions"),
    [
        ("EC2:*", ["ec2:StartInstances", "ec2:StopInstances"]),
        ("*:st?p*", ["ec2:StopInstances"]),
        ("sqs:listqueues", ["sqs:ListQueues"]),
        ("s3:*", []),
    ],
)
def test_only_what_matches(demo: Account, ask: Ask, pattern: str, actions: list[str]) -> None:
    lines = ask(*GRANTS, "--action", pattern).lines
    assert lines[0].startswith(
        f"user alice of account demo on 2026-06-30: {number_of(len(actions), 'action')} like {pattern}, "
    )
    assert [line.split()[0 if line.startswith(" ") else 1] for line in lines[1:]] == actions


def test_json_holds_the_whole_statements(demo: Account, ask: Ask) -> None:
    rows = json.loads(ask(*GRANTS, "--format", "json").out)
    assert [row["action"] for row in rows] == ["ec2:StartInstances", "ec2:StopInstances", "sqs:ListQueues"]
    (denied,) = rows[1]["restricted_by"]
    assert (denied["effect"], denied["statement"], denied["pattern"]) == ("Deny", 2, "ec2:Stop*")
    assert json.loads(denied["resources"]) == ["arn:aws:ec2:*:*:instance/i-1"]
    assert {(row["group"], row["pattern"]) for row in rows[2]["granted_by"]} == {
        ("", "sqs:ListQueues"),
        ("staff", "sqs:ListQueue*"),
    }


def test_csv_has_the_statements_in_words(demo: Account, ask: Ask) -> None:
    rows = list(csv.DictReader(io.StringIO(ask(*GRANTS, "--format", "csv").out)))
    assert [(row["action"], row["restricted"]) for row in rows] == [
        ("ec2:StartInstances", "true"),
        ("ec2:StopInstances", "true"),
        ("sqs:ListQueues", "false"),
    ]
    assert "through group staff" in rows[2]["granted_by"]


def test_a_principal_without_grants_has_an_empty_list_in_every_form(demo: Account, ask: Ask) -> None:
    idle = ("grants", "--account", "demo", "--role", "idle")
    assert ask(*idle).lines == [
        "role idle of account demo on 2026-06-30: 0 actions, 0 of them restricted (~)"
    ]
    assert json.loads(ask(*idle, "--format", "json").out) == []
    assert ask(*idle, "--format", "csv").lines[0].startswith("principal_arn,")


def test_no_logs_are_read_for_it(demo: Account, ask: Ask) -> None:
    demo.log(record(ALICE, "ec2:StopInstances", "2026-06-28T10:00:00Z"))
    assert ask(*GRANTS).code == 0
    assert (demo.root / "expanded_grants").is_dir()
    assert not (demo.root / "cloudtrail_usage").exists()
    assert not (demo.root / "principal_diffs").exists()


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_a_problem_is_said(account: Account, ask: Ask, form: str) -> None:
    gone = {"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}
    account.write_iam(iam(user("alice", allow("iam:GetUser"), AttachedManagedPolicies=[gone])))
    assert ask(*GRANTS, "--format", form).err == (
        "cloudtracker: user alice: missing_policy: identity policy arn:aws:iam::aws:policy/Gone:"
        " it is not in the snapshot; what it says is not known, nor whether this list is whole\n"
    )


def test_two_inline_policies_of_one_name_leave_nothing_sure(account: Account, ask: Ask) -> None:
    twice = [
        {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow(action)]}}
        for action in ("iam:GetUser", "iam:ListUsers")
    ]
    account.write_iam(iam(user("alice", UserPolicyList=twice)))
    account.log(record(ALICE, "iam:GetUser", "2026-06-30T10:00:00Z"))
    account.configure(lookback_days=1)
    told = ask(*GRANTS)
    assert told.lines[0].endswith("2 actions, 0 of them restricted (~)")
    assert (
        "identity policy own (arn:aws:iam::111111111111:user/alice): is there 2 times with different"
        in told.err
    )
    assert ask("--account", "demo", "--user", "alice").lines[1:] == ["  iam:getuser", "? iam:listusers"]


def test_the_day_that_is_asked_for(demo: Account, ask: Ask) -> None:
    assert (
        ask(*GRANTS, "--end", "2026-06-28").lines[0].startswith("user alice of account demo on 2026-06-28: 3")
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("grants", "--account", "demo"), "say one of --user NAME and --role NAME"),
        ((*GRANTS, "--role", "idle"), "say one of --user NAME and --role NAME"),
        (("grants", "--account", "demo", "--role", "alice"), "there is a user of that name"),
        ((*GRANTS, "--format", "xml"), "--format 'xml' is none of text, json, csv"),
    ],
)
def test_what_cannot_be_asked(demo: Account, ask: Ask, words: tuple[str, ...], said: str) -> None:
    answer = ask(*words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
