"""The story of one action: a small account for each way a story can go."""

import json
from collections import defaultdict
from typing import Any

import pytest

from tests.build import ACCOUNT, allow, iam, record, role, user
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
    allow("iam:GetUser", "s3:GetObject", "iam:PassRole", "iam:FutureAction"),
    allow("ec2:StopInstances", Condition=CONDITION, Sid="WithMfa"),
    allow("s3:PutBucketPolicy", Resource=[f"arn:aws:s3:::{name}" for name in "abcd"]),
    {"Effect": "Deny", "Action": "iam:Delete*", "Resource": "*", "Sid": "NoDeletes"},
    GroupList=["staff"],
    PermissionsBoundary={"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": BOUNDARY},
)
BATCH = role("batch", allow("s3:List*", "ec2:*", "kms:Decrypt"))
DETAILS = iam(
    ALICE,
    BATCH,
    GroupDetailList=[_group("staff", allow("iam:List*", "iam:DeleteUser", "sqs:ListQueues"))],
    Policies=[_policy(BOUNDARY, allow("iam:*", "ec2:*", "s3:*"))],
)
EC2 = {"eventID": "11111111-0000-4000-8000-000000000000"}


@pytest.fixture
def demo(account: Account) -> Account:
    """alice with a group, a Deny, a condition and a boundary, the role batch, and events of every outcome."""
    account.write_iam(DETAILS)
    account.log(
        record(ALICE, "iam:GetUser", "2026-06-28T10:00:00Z"),
        record(ALICE, "iam:GetUser", "2026-06-28T10:30:00Z"),
        record(ALICE, "iam:GetUser", "2026-06-28T11:00:00Z", errorCode="AccessDenied"),
        record(ALICE, "iam:ListUsers", "2026-06-28T10:00:00Z", errorCode="AccessDenied"),
        record(ALICE, "iam:DeleteUser", "2026-06-29T10:00:00Z", errorCode="AccessDenied"),
        record(ALICE, "iam:DeleteUser", "2026-06-29T10:05:00Z", errorCode="AccessDenied"),
        record(ALICE, "iam:DeleteRole", "2026-06-29T10:05:00Z", errorCode="NoSuchEntity"),
        record(ALICE, "ec2:RunInstances", "2026-06-28T12:00:00Z", **EC2),
        record(BATCH, "s3:ListBuckets", "2026-06-28T12:00:00Z"),
        record(
            BATCH,
            "kms:Decrypt",
            "2026-06-28T12:00:00Z",
            userIdentity={
                "type": "AssumedRole",
                "principalId": f"{BATCH['RoleId']}:session",
                "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/batch/session",
                "accountId": ACCOUNT,
                "sessionContext": {"sessionIssuer": {"arn": BATCH["Arn"], "principalId": BATCH["RoleId"]}},
                "invokedBy": "secretsmanager.amazonaws.com",
            },
        ),
    )
    return account


ALICES = ("explain", "--account", "demo", "--user", "alice")
BATCHES = ("explain", "--account", "demo", "--role", "batch")
Chapters = dict[str, list[str]]


def _told(ask: Ask, *words: str) -> Chapters:
    """Return the lines of each chapter; the first line of all is the chapter ``."""
    answer = ask(*words)
    assert (answer.code, answer.err) == (0, "")
    chapters: Chapters = defaultdict(list)
    title = ""
    chapters[title].append(answer.lines[0])
    for line in answer.lines[1:]:
        title = line[:14].strip() or title
        chapters[title].append(line[14:])
    return chapters


def test_granted_through_a_group_and_only_refused(demo: Account, ask: Ask) -> None:
    told = _told(ask, *ALICES, "IAM:listusers")
    assert told[""] == ["iam:ListUsers for user alice of account demo, 2026-06-26 to 2026-06-30"]
    assert told["verdict"] == [
        "unused (only_denied): every call that needs it was refused",
        "was refused 1 time",
        "2 of 5 days have complete logs that count for it",
    ]
    assert told["granted"] == ["yes"]
    assert told["since"] == ["as far back as snapshots of it are stored"]
    assert told["access level"] == ["List"]
    assert told["allowed by"] == [
        "inline policy ours through group staff, statement 0: Allow Action iam:List*"
    ]
    assert told["events"][0] == "iam.amazonaws.com ListUsers"
    assert told["events"][1].startswith("  1 denied (AccessDenied), 2026-06-28T10:00:00Z, eventID ")
    assert told["needed by"] == ["iam ListUsers"]


def test_used_and_refused(demo: Account, ask: Ask) -> None:
    told = _told(ask, *ALICES, "iam:GetUser")
    assert told["verdict"][:2] == [
        "used (called): the principal made a call that needs it, and the call succeeded",
        "used 2 times, was refused 1 time",
    ]
    assert [line.partition(",")[0] for line in told["events"]] == [
        "iam.amazonaws.com GetUser",
        "  1 denied (AccessDenied)",
        "  2 ok",
    ]
    assert "2 ok, 2026-06-28T10:00:00Z to 2026-06-28T10:30:00Z, last eventID " in told["events"][2]


def test_denied_by_a_statement_and_tried_all_the_same(demo: Account, ask: Ask) -> None:
    told = _told(ask, *ALICES, "iam:DeleteUser")
    assert told["verdict"] == [
        "none: it is neither granted nor used; it was refused 2 times",
        "2 of 5 days have complete logs",
    ]
    assert told["granted"] == ["no: denied by inline statement 3"]
    assert told["denied by"] == ["inline policy inline, statement 3 'NoDeletes': Deny Action iam:Delete*"]
    assert told["allowed by"] == [
        "inline policy ours through group staff, statement 0: Allow Action iam:DeleteUser"
    ]
    assert "since" not in told


def test_a_call_that_failed_for_another_reason_is_told(demo: Account, ask: Ask) -> None:
    told = _told(ask, *ALICES, "iam:DeleteRole")
    assert (
        told["verdict"][0]
        == "none: it is neither granted nor used; it failed 1 time for another reason than a refusal"
    )
    assert told["events"][1].startswith("  1 error (NoSuchEntity), ")


def test_cut_by_the_boundary(demo: Account, ask: Ask) -> None:
    told = _told(ask, *ALICES, "sqs:ListQueues")
    assert told["verdict"][0] == "none: it is neither granted nor used"
    assert told["granted"] == [f"no: cut by the permissions boundary {BOUNDARY}, which does not allow it"]
    assert told["allowed by"] == [
        "inline policy ours through group staff, statement 0: Allow Action sqs:ListQueues"
    ]
    assert told["events"] == ["none in the window"]


def test_cut_by_a_service_control_policy(demo: Account, ask: Ask) -> None:
    everything, only_iam = demo.folder / "full.json", demo.folder / "only-iam.json"
    everything.write_text(json.dumps({"Statement": allow("*")}))
    only_iam.write_text(json.dumps({"Statement": allow("iam:*")}))
    accounts = [
        {
            "name": "demo",
            "id": ACCOUNT,
            "iam": "iam.json",
            "taken_at": "2026-06-30T06:00:00Z",
            "scps": [["full.json"], ["only-iam.json"]],
        }
    ]
    demo.configure(accounts=accounts)
    told = _told(ask, *ALICES, "ec2:StopInstances")
    assert told["granted"] == [
        "no: cut by organization level 2, none of whose service control policies allows it"
    ]
    assert _told(ask, *ALICES, "iam:GetUser")["granted"] == ["yes"]


def test_restricted_by_a_condition_or_to_resources(demo: Account, ask: Ask) -> None:
    told = _told(ask, *ALICES, "ec2:StopInstances")
    assert told["verdict"][0].startswith("unused (never_called): ")
    assert told["granted"] == [
        "yes, restricted: only on some resources, only under a condition, or partly denied"
    ]
    assert told["allowed by"] == [
        "inline policy inline, statement 1 'WithMfa': Allow Action ec2:StopInstances"
        ' if {"Bool":{"aws:MultiFactorAuthPresent":"true"}}'
    ]
    told = _told(ask, *ALICES, "s3:PutBucketPolicy")
    assert told["allowed by"][0].endswith(" on arn:aws:s3:::a, arn:aws:s3:::b, arn:aws:s3:::c and 1 more")


def test_used_by_a_service_on_its_behalf(demo: Account, ask: Ask) -> None:
    told = _told(ask, *BATCHES, "kms:Decrypt")
    assert told["verdict"][0].startswith("used (called_by_service): ")
    assert told["events"][1].startswith(
        "  1 ok made by secretsmanager.amazonaws.com on its behalf, 2026-06-28T12:00:00Z, eventID "
    )


def test_used_through_an_event_of_another_name(demo: Account, ask: Ask) -> None:
    told = _told(ask, *BATCHES, "s3:ListAllMyBuckets")
    assert told["events"][0] == "s3.amazonaws.com ListBuckets"
    assert "s3 ListBuckets" in told["needed by"][0].split(", ")


def test_not_granted_and_used(demo: Account, ask: Ask) -> None:
    told = _told(ask, *ALICES, "ec2:RunInstances")
    assert told["verdict"][0].startswith("not_granted (revoked): ")
    assert told["granted"] == ["no: no statement allows it"]
    assert told["events"] == [
        "ec2.amazonaws.com RunInstances",
        f"  1 ok, 2026-06-28T12:00:00Z, eventID {EC2['eventID']}",
    ]


def test_a_call_that_may_have_needed_it(demo: Account, ask: Ask) -> None:
    told = _told(ask, *ALICES, "iam:PassRole")
    assert told["events"][0] == "ec2.amazonaws.com RunInstances, may have needed it"
    assert told["recorded"] == ["no call that needs it is known to be recorded"]
    assert told["verdict"][0].startswith("unknown (not_recorded): ")
    assert "needed by" not in told
    assert " more" in told["sometimes by"][0]


def test_what_needs_data_events(demo: Account, ask: Ask) -> None:
    told = _told(ask, *ALICES, "s3:GetObject")
    assert told["verdict"][0].startswith("unknown (selectors_unknown): ")
    assert told["recorded"] == [
        "calls that need it are data events, recorded only where a trail selects them"
    ]
    assert "s3 GetObject (data event)" in told["needed by"][0]
    demo.configure(trails=[{"data_events": [{"type": "AWS::S3::Object", "resources": "all"}]}])
    told = _told(ask, *ALICES, "s3:PutObjectTagging")
    assert told["recorded"] == ["every call that needs it is recorded by the configured trails"]
    demo.configure(trails=[{"exclude_sources": ["iam.amazonaws.com"]}])
    told = _told(ask, *ALICES, "iam:ListRoles")
    assert told["recorded"] == ["the configured trails leave out management events that need it"]


def test_an_exclusion_is_told(demo: Account, ask: Ask) -> None:
    demo.configure(
        exclusions=[
            {"principal": "alice", "action": "iam:list*", "reason": "audits", "owner": "ops@example.com"}
        ]
    )
    assert "excluded: audits (ops@example.com)" in _told(ask, *ALICES, "iam:ListRoles")["verdict"]


def test_a_missing_policy_makes_every_answer_uncertain(account: Account, ask: Ask) -> None:
    gone = {"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}
    account.write_iam(iam(user("alice", allow("iam:GetUser"), AttachedManagedPolicies=[gone])))
    problem = ["missing_policy: identity policy arn:aws:iam::aws:policy/Gone: it is not in the snapshot"]
    told = _told(ask, *ALICES, "iam:GetUser")
    assert told["verdict"][0].startswith("unknown (missing_policy): ")
    assert told["problems"] == problem
    told = _told(ask, *ALICES, "iam:GetRole")
    assert told["granted"] == ["no: no statement allows it; but not every policy could be read: see problems"]
    assert told["verdict"] == ["none: it is neither granted nor used", "0 of 5 days have complete logs"]


def test_since_when_it_is_granted(demo: Account, ask: Ask) -> None:
    demo.write_iam(iam(user("alice", allow("iam:GetUser"))))
    demo.configure(accounts=[_at("2026-06-27T06:00:00Z")], as_of="2026-06-27")
    assert _told(ask, *ALICES, "iam:GetUser")["since"] == ["as far back as snapshots of it are stored"]
    demo.write_iam(DETAILS)
    demo.configure()
    assert _told(ask, *ALICES, "iam:GetUser")["since"] == ["as far back as snapshots of it are stored"]
    told = _told(ask, *ALICES, "iam:ListUsers")
    assert told["since"] == ["the snapshot of 2026-06-30T06:00:00Z; an earlier one did not grant it"]


def _at(taken_at: str) -> dict[str, str]:
    return {"name": "demo", "id": ACCOUNT, "iam": "iam.json", "taken_at": taken_at}


def test_the_window_that_is_asked_for(demo: Account, ask: Ask) -> None:
    day = ("--start", "2026-06-28", "--end", "2026-06-28")
    told = _told(ask, *ALICES, "iam:GetUser", *day)
    assert told[""][0].endswith(", 2026-06-28 to 2026-06-28")
    assert told["verdict"][0].startswith("used ")
    told = _told(ask, *ALICES, "iam:ListRoles", *day)
    assert told["verdict"][0].startswith("unused (never_called): ")
    assert told["events"] == ["none in the window"]


def test_what_is_not_evaluated(demo: Account, ask: Ask) -> None:
    said = _told(ask, *ALICES, "iam:GetUser")["not evaluated"][0]
    for kind in ("resource control policies", "session policies", "resource policies", "none are configured"):
        assert kind in said


def test_a_story_as_data(demo: Account, ask: Ask) -> None:
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
def test_an_unknown_action_is_refused(demo: Account, ask: Ask, action: str, said: str) -> None:
    # alice may do ec2:* within her boundary and batch ec2:*: a wildcard does not make an action exist.
    answer = ask(*ALICES, action)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_a_wildcard_does_not_make_an_action_exist(demo: Account, ask: Ask) -> None:
    answer = ask(*BATCHES, "ec2:RunInstance")
    assert answer.code == 2
    assert "did you mean 'ec2:RunInstances'" in answer.err


def test_an_unknown_action_that_a_policy_names_is_told(demo: Account, ask: Ask) -> None:
    told = _told(ask, *ALICES, "iam:futureaction")
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
def test_what_cannot_be_asked(demo: Account, ask: Ask, words: tuple[str, ...], said: str) -> None:
    answer = ask(*words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
