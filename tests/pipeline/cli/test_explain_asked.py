"""What can be asked of `explain`, in which form it answers, and what it refuses."""

import json

import pytest

from tests.conftest import Account, Ask, Make
from tests.pipeline.cli.explained import ALICES, BATCHES, BOUNDARY, demo_account
from tests.pipeline.cli.explained import told as chapters


@pytest.fixture
def asked(made: Make) -> Account:
    """The account whose stories are told, with its tables."""
    return made(demo_account, *ALICES, "iam:GetUser")


def test_the_window_that_is_asked_for(asked: Account, ask: Ask) -> None:
    day = ("--start", "2026-06-28", "--end", "2026-06-28")
    told = chapters(ask, *ALICES, "iam:GetUser", *day)
    assert told[""][0].endswith(", 2026-06-28 to 2026-06-28")
    assert told["verdict"][0].startswith("used ")
    told = chapters(ask, *ALICES, "iam:ListRoles", *day)
    assert told["verdict"][0].startswith("unused (never_called): ")
    assert told["events"] == ["none in the logs of the window"]


def test_what_is_not_evaluated(asked: Account, ask: Ask) -> None:
    said = chapters(ask, *ALICES, "iam:GetUser")["not evaluated"][0]
    for kind in ("resource control policies", "session policies", "resource policies", "none are configured"):
        assert kind in said


def test_a_story_as_data(asked: Account, ask: Ask) -> None:
    told = json.loads(ask(*ALICES, "iam:GetUser", "--format", "json").out)
    assert (told["action"], told["granted"], told["reason"]) == ("iam:GetUser", True, "granted")
    assert (told["verdict"]["status"], told["recorded"], told["access_level"]) == (
        "used",
        "management",
        "Read",
    )
    assert told["verdict"]["reason_text"].startswith("the principal made a call")
    assert told["verdict"]["last_used"] == "2026-06-28T10:30:00Z"
    assert [(row["outcome"], row["events"]) for row in told["events"]] == [("denied", 1), ("ok", 2)]
    assert told["allowing"][0]["pattern"] == "iam:GetUser"
    assert {"service": "iam", "operation": "GetUser", "need": "primary", "recorded": "management"} in told[
        "operations"
    ]
    none = json.loads(ask(*ALICES, "sqs:ListQueues", "--format", "json").out)
    assert (none["granted"], none["reason"], none["decided_by"]) == (False, "boundary", BOUNDARY)
    assert none["verdict"] is None


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("iam:GetUsr", "iam:GetUsr: no such IAM action; did you mean 'iam:GetUser'"),
        ("CreateBucket", "did you mean 's3:CreateBucket'"),
        ("s3:*", "s3:*: no such IAM action; explain takes one action"),
    ],
)
def test_an_unknown_action_is_refused(asked: Account, ask: Ask, action: str, said: str) -> None:
    # alice may do ec2:* within her boundary and batch ec2:*: a wildcard does not make an action exist.
    answer = ask(*ALICES, action)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_a_wildcard_does_not_make_an_action_exist(asked: Account, ask: Ask) -> None:
    answer = ask(*BATCHES, "ec2:RunInstance")
    assert answer.code == 2
    assert "did you mean 'ec2:RunInstances'" in answer.err


def test_a_wildcard_is_no_action_where_a_policy_writes_it_so_either(asked: Account, ask: Ask) -> None:
    answer = ask(*BATCHES, "ec2:*")
    assert (answer.code, answer.out) == (2, "")
    assert "ec2:*: no such IAM action; explain takes one action" in answer.err


def test_an_unknown_action_that_a_policy_names_is_told(asked: Account, ask: Ask) -> None:
    told = chapters(ask, *ALICES, "iam:futureaction")
    assert told[""][0].startswith("iam:FutureAction for user alice")
    assert told["granted"] == ["yes", "a policy names it, but no list of IAM actions knows it"]
    assert told["verdict"][0].startswith("unknown (unknown_action): ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "--account", "demo", "iam:GetUser"), "say one of --user NAME and --role NAME"),
        ((*ALICES, "--role", "batch", "iam:GetUser"), "say one of --user NAME and --role NAME"),
        (("explain", "--account", "demo", "--user", "alcie", "iam:GetUser"), "did you mean 'alice'"),
        (("explain", "--account", "dmo", "--user", "alice", "iam:GetUser"), "did you mean 'demo'"),
        ((*ALICES, "iam:GetUser", "--format", "csv"), "--format 'csv' is none of text, json"),
        ((*ALICES, "iam:GetUser", "--end", "2026-07-01"), "--end 2026-07-01 lies after 2026-06-30"),
    ],
)
def test_what_cannot_be_asked(asked: Account, ask: Ask, words: tuple[str, ...], said: str) -> None:
    answer = ask(*words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
