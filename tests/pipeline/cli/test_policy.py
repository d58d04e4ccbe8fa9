"""`cloudtracker policy`, through the real command."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.cli import policy
from tests.build import allow, iam, record, user
from tests.conftest import Account, Ask, Make

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ALICE = user(
    "alice",
    allow("s3:CreateBucket", "s3:DeleteBucket", "iam:PassRole"),
    allow("ec2:StopInstances", "ec2:StartInstances", Resource="arn:aws:ec2:*:*:instance/i-1", Condition=MFA),
    {"Effect": "Deny", "Action": "ec2:Stop*", "Resource": "arn:aws:ec2:*:*:instance/i-2"},
)


@pytest.fixture
def demo(account: Account) -> Account:
    return _write(account)


@pytest.fixture
def asked(made: Make) -> Account:
    """The same, with its tables."""
    return made(_write, "policy", "--account", "demo", "--user", "alice")


def _write(account: Account) -> Account:
    """Alice stops an instance and makes a bucket; she never starts one."""
    account.write_iam(iam(ALICE))
    for day in range(26, 31):
        account.log(record(ALICE, "ec2:StopInstances", f"2026-06-{day}T10:00:00Z"))
    account.log(record(ALICE, "s3:CreateBucket", "2026-06-30T11:00:00Z"))
    return account


def test_it_keeps_what_was_used_in_its_limits(asked: Account, ask: Ask) -> None:
    said = ask("policy", "--account", "demo", "--user", "alice")
    assert said.code == 0
    instance = {"Resource": ["arn:aws:ec2:*:*:instance/i-1"], "Condition": MFA}
    assert json.loads(said.out) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Used1", "Effect": "Allow", "Action": ["s3:CreateBucket"], "Resource": ["*"]},
            {"Sid": "Used2", "Effect": "Allow", "Action": ["ec2:StopInstances"], **instance},
            {"Sid": "Unknown1", "Effect": "Allow", "Action": ["iam:PassRole"], "Resource": ["*"]},
            {
                "Sid": "Deny1",
                "Effect": "Deny",
                "Action": ["ec2:Stop*"],
                "Resource": ["arn:aws:ec2:*:*:instance/i-2"],
            },
        ],
    }
    assert "user alice: keeps 2 used and 1 unknown action; 2 unused are left out" in said.err


def test_variables_of_an_older_version_stay_text(account: Account, ask: Ask) -> None:
    """Only 2012-10-17 knows `${aws:username}`: elsewhere it names a bucket of that very name."""
    home, plain = "arn:aws:s3:::${aws:username}", "arn:aws:s3:::plain"
    one = user("one")
    old = [allow("s3:CreateBucket", Resource=home), allow("s3:DeleteBucket", Resource=plain)]
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"a": "${b}"}}}
    one["UserPolicyList"] = [
        {"PolicyName": "none", "PolicyDocument": {"Statement": [*old, deny]}},
        {"PolicyName": "2008", "PolicyDocument": {"Version": "2008-10-17", "Statement": old}},
        {"PolicyName": "new", "PolicyDocument": {"Version": "2012-10-17", "Statement": old[:1]}},
    ]
    account.write_iam(iam(one))
    for day in range(26, 31):
        for call in ("s3:CreateBucket", "s3:DeleteBucket"):
            account.log(record(one, call, f"2026-06-{day}T10:00:00Z"))
    made = json.loads(ask("policy", "--account", "demo", "--user", "one").out)
    found = {
        document["Version"]: [
            (one["Effect"], one["Action"], one["Resource"]) for one in document["Statement"]
        ]
        for document in made
    }
    assert found == {
        "2012-10-17": [("Allow", ["s3:CreateBucket"], [home]), ("Allow", ["s3:DeleteBucket"], [plain])],
        "2008-10-17": [("Allow", ["s3:CreateBucket"], [home]), ("Deny", ["s3:*"], ["*"])],
    }
    assert len(made) == 2


def test_replayed_it_refuses_nothing_and_another_one_does(demo: Account, ask: Ask) -> None:
    ask("policy", "--account", "demo", "--user", "alice", "--output", "policies")
    file = demo.folder / "policies" / "user-alice-1.json"
    rows = _replay(ask, file)
    assert {row["action"]: row["answer"] for row in rows} == {
        "ec2:StopInstances": "undecided",
        "s3:CreateBucket": "allowed",
    }
    document = json.loads(file.read_text())
    document["Statement"][0]["Action"] = ["s3:DeleteBucket"]
    file.write_text(json.dumps([document]))
    (refused,) = [row for row in _replay(ask, file) if row["answer"] == "refused"]
    assert (refused["action"], refused["reason"], refused["events"]) == ("s3:CreateBucket", "no_grant", 1)
    told = ask("policy", "--account", "demo", "--user", "alice", "--replay", file)
    assert told.lines[0].startswith("refused    s3:CreateBucket  1 call, the last 2026-06-30 11:00: ")


def _replay(ask: Ask, file: Any) -> Any:
    return json.loads(
        ask("policy", "--account", "demo", "--user", "alice", "--replay", file, "--format", "json").out
    )


WRONG = {
    "{": "is not JSON",
    "[]x": "is not JSON",
    "[" * 100_000: "is not JSON",
    '{"Version": "2012-10-17"}': "document 1 is no policy",
    '[{"Statement": []}, 5]': "document 2 is no policy",
    '{"Statement": [{"Effect": "Allow", "Action": "*"}]}': "has neither Resource nor NotResource",
}


def test_two_of_names_that_iam_tells_apart_have_files_of_their_own(tmp_path: Path) -> None:
    """Names of IAM are of letters, digits and +=,.@_- (IAM User Guide, "Limitations on IAM Entities and Objects")."""
    made: Any = SimpleNamespace(documents=({"Statement": []},))
    for name in ("user-a,b", "user-a_b", "user-a+b", "user-a=b", "user-a@b", "user-a.b", "user-a-b"):
        policy._write(made, tmp_path, name)
    assert len(list(tmp_path.iterdir())) == 7


def test_days_without_logs_are_said(demo: Account, ask: Ask) -> None:
    """Who takes permissions away by it has to know on how many days their use would have been seen."""
    for file in (demo.logs / "AWSLogs").rglob("27/*.gz"):
        file.unlink()
    alices = ("policy", "--account", "demo", "--user", "alice")
    made = ask(*alices)
    assert "complete logs for 4 of 5 days" in made.err
    file = demo.folder / "made.json"
    file.write_text(made.out, encoding="utf-8")
    asked = ask(*alices, "--replay", file)
    assert "complete logs for 4 of 5 days" in asked.err
    assert "actions that the logs show: " in asked.err


def test_a_file_that_is_no_policy_is_named(demo: Account, ask: Ask) -> None:
    file = demo.folder / "wrong.json"
    for text, words in WRONG.items():
        file.write_text(text)
        said = ask("policy", "--account", "demo", "--user", "alice", "--replay", file)
        assert (said.code, said.out) == (3, ""), text
        assert str(file) in said.err
        assert words in said.err


def test_wrong_flags(asked: Account, ask: Ask) -> None:
    assert ask("policy", "--account", "demo", "--user", "alice", "--format", "csv").code == 2
    assert ask("policy", "--account", "demo", "--user", "alice", "--replay", "x", "--output", "y").code == 2
    assert ask("policy", "--account", "demo").code == 2
    assert ask("policy", "--account", "demo", "--user", "alice", "--replay", "nowhere.json").code == 3


def test_patterns_that_match_nothing_known_stay_with_their_limits(account: Account, ask: Ask) -> None:
    one = {"Resource": "arn:aws:newsvc:*:*:thing/1"}
    new = user("new", allow("iam:CreateUser", "newsvc:*", "ec2:Brand*"), allow("newsvc:Make*", **one))
    account.write_iam(iam(new))
    for day in range(26, 31):
        account.log(record(new, "newsvc:CreateThing", f"2026-06-{day}T10:00:00Z"))
    said = ask("policy", "--account", "demo", "--user", "new")
    assert said.code == 0
    assert json.loads(said.out)["Statement"] == [
        {
            "Sid": "UnknownNames1",
            "Effect": "Allow",
            "Action": ["ec2:Brand*", "newsvc:*"],
            "Resource": ["*"],
        },
        {
            "Sid": "UnknownNames2",
            "Effect": "Allow",
            "Action": ["newsvc:Make*"],
            "Resource": [one["Resource"]],
        },
    ]
    assert (
        "keeps patterns that match no action known here, AWS may have some: ec2:Brand*, newsvc:*" in said.err
    )


def test_what_a_policy_that_cannot_be_read_allows_is_named_and_not_counted(
    account: Account, ask: Ask
) -> None:
    lost = "arn:aws:iam::111111111111:policy/lost"
    one = user("one", allow("iam:GetUser"))
    account.write_iam(iam({**one, "AttachedManagedPolicies": [{"PolicyName": "lost", "PolicyArn": lost}]}))
    for day in range(26, 31):
        for call in ("iam:GetUser", "sqs:CreateQueue"):
            account.log(record(one, call, f"2026-06-{day}T10:00:00Z"))
    said = ask("policy", "--account", "demo", "--user", "one")
    assert "keeps 1 used and 0 unknown actions" in said.err
    assert "the policy that allows it could not be read: sqs:CreateQueue" in said.err


def test_replayed_what_a_policy_that_cannot_be_read_allowed_is_undecided(account: Account, ask: Ask) -> None:
    lost = "arn:aws:iam::111111111111:policy/lost"
    one = user("one", allow("iam:GetUser"))
    account.write_iam(iam({**one, "AttachedManagedPolicies": [{"PolicyName": "lost", "PolicyArn": lost}]}))
    for call in ("iam:GetUser", "sqs:CreateQueue"):
        account.log(record(one, call, "2026-06-30T10:00:00Z"))
    file = account.folder / "other.json"
    file.write_text(json.dumps({"Statement": allow("s3:CreateBucket")}))
    said = ask("policy", "--account", "demo", "--user", "one", "--replay", file, "--format", "json")
    assert {row["action"]: (row["answer"], row["reason"]) for row in json.loads(said.out)} == {
        "iam:GetUser": ("refused", "no_grant"),
        "sqs:CreateQueue": ("undecided", "unread"),
    }


def test_calls_that_map_to_no_action_are_named(account: Account, ask: Ask) -> None:
    new, other = user("new", allow("iam:CreateUser", "newsvc:*")), user("other")
    account.write_iam(iam(new, other))
    for day in (29, 30):
        account.log(record(new, "newsvc:CreateThing", f"2026-06-{day}T10:00:00Z"))
    account.log(record(new, "newsvc:ReadThing", "2026-06-30T11:00:00Z", errorCode="ThrottlingException"))
    account.log(record(new, "newsvc:DeleteThing", "2026-06-30T11:00:00Z", errorCode="AccessDenied"))
    account.log(record(new, "iam:CreateUser", "2026-06-30T12:00:00Z"))
    account.log(record(other, "newsvc:OtherThing", "2026-06-30T12:00:00Z"))
    file = account.folder / "other.json"
    file.write_text(json.dumps({"Statement": allow("iam:CreateUser")}))
    words = (
        "undecided, for the calls map to no action known here: CreateThing of newsvc.amazonaws.com (2 calls),"
        " ReadThing of newsvc.amazonaws.com (1 call)"
    )
    asked = ("policy", "--account", "demo", "--user", "new")
    assert [line for line in ask(*asked).err.splitlines() if "undecided" in line] == [
        f"cloudtracker: {words}"
    ]
    assert words in ask(*asked, "--replay", file).err
    assert json.loads(ask(*asked, "--format", "json").out)["unmapped"] == [
        {"event_source": "newsvc.amazonaws.com", "event_name": name, "events": events}
        for name, events in (("CreateThing", 2), ("ReadThing", 1))
    ]
    assert (
        "map to no action"
        not in ask("policy", "--account", "demo", "--user", "other", "--end", "2026-06-29").err
    )
