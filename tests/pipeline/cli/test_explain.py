"""The story of one action: a small account for each way a story can go."""

import json

import pytest

from tests.build import ACCOUNT, allow, iam, user
from tests.conftest import Account, Ask, Make
from tests.pipeline.cli.explained import (
    ALICES,
    BATCHES,
    BOUNDARY,
    DETAILS,
    EC2,
    demo_account,
)
from tests.pipeline.cli.explained import told as chapters


@pytest.fixture
def demo(account: Account) -> Account:
    return demo_account(account)


@pytest.fixture
def asked(made: Make) -> Account:
    """The same, with its tables."""
    return made(demo_account, *ALICES, "iam:GetUser")


def test_granted_through_a_group_and_only_refused(asked: Account, ask: Ask) -> None:
    told = chapters(ask, *ALICES, "IAM:listusers")
    assert told[""] == ["iam:ListUsers for user alice of account demo, 2026-06-26 to 2026-06-30"]
    assert told["verdict"] == [
        "unused (only_denied): every call in the logs that needs it was refused",
        "was refused 1 time",
        "2 of 5 days have complete logs that count for it: 'unused' means not used on these",
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


def test_used_and_refused(asked: Account, ask: Ask) -> None:
    told = chapters(ask, *ALICES, "iam:GetUser")
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


def test_denied_by_a_statement_and_tried_all_the_same(asked: Account, ask: Ask) -> None:
    told = chapters(ask, *ALICES, "iam:DeleteUser")
    assert told["verdict"] == [
        "none: it is not granted, and no use of it is seen in the logs; it was refused 2 times",
        "the logs are incomplete: 2 of 5 days have complete logs",
    ]
    assert told["granted"] == ["no: denied by inline statement 3"]
    assert told["denied by"] == ["inline policy inline, statement 3 'NoDeletes': Deny Action iam:Delete*"]
    assert told["allowed by"] == [
        "inline policy ours through group staff, statement 0: Allow Action iam:DeleteUser"
    ]
    assert "since" not in told


def test_a_call_that_failed_for_another_reason_is_told(asked: Account, ask: Ask) -> None:
    told = chapters(ask, *ALICES, "iam:DeleteRole")
    assert told["verdict"][0] == (
        "none: it is not granted, and no use of it is seen in the logs;"
        " it failed 1 time for another reason than a refusal"
    )
    assert told["events"][1].startswith("  1 error (NoSuchEntity), ")


def test_cut_by_the_boundary(asked: Account, ask: Ask) -> None:
    told = chapters(ask, *ALICES, "sqs:ListQueues")
    assert told["verdict"][0] == (
        "none: it is not granted, and no use of it is seen in the logs, which would not show every use"
    )
    assert told["granted"] == [f"no: cut by the permissions boundary {BOUNDARY}, which does not allow it"]
    assert told["allowed by"] == [
        "inline policy ours through group staff, statement 0: Allow Action sqs:ListQueues"
    ]
    assert told["events"] == ["none in the logs of the window"]


def test_cut_by_a_service_control_policy(demo: Account, ask: Ask) -> None:
    everything, only_iam = demo.folder / "full.json", demo.folder / "only-iam.json"
    everything.write_text(json.dumps({"Statement": allow("*")}))
    only_iam.write_text(json.dumps({"Statement": [allow("iam:*"), allow("iam:Delete*", Effect="Deny")]}))
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
    told = chapters(ask, *ALICES, "ec2:StopInstances")
    assert told["granted"] == [
        "no: cut by organization level 2, none of whose service control policies allows it"
    ]
    assert chapters(ask, *ALICES, "iam:GetUser")["granted"] == ["yes"]
    assert chapters(ask, *ALICES, "iam:DeleteUser")["denied by"][-1] == (
        "service control policy only-iam at organization level 2, statement 1: Deny Action iam:Delete*"
    )


def test_restricted_by_a_condition_or_to_resources(asked: Account, ask: Ask) -> None:
    told = chapters(ask, *ALICES, "ec2:StopInstances")
    assert told["verdict"][0].startswith("unused (never_called): ")
    assert told["granted"] == [
        "yes, restricted: only on some resources, only under a condition, or partly denied"
    ]
    assert told["allowed by"] == [
        "inline policy inline, statement 1 'WithMfa': Allow Action ec2:StopInstances"
        ' if {"Bool":{"aws:MultiFactorAuthPresent":"true"}}'
    ]
    told = chapters(ask, *ALICES, "s3:PutBucketPolicy")
    assert told["allowed by"][0].endswith(" on arn:aws:s3:::a, arn:aws:s3:::b, arn:aws:s3:::c and 1 more")


def test_used_by_a_service_on_its_behalf(asked: Account, ask: Ask) -> None:
    told = chapters(ask, *BATCHES, "kms:Decrypt")
    assert told["verdict"][0].startswith("used (called_by_service): ")
    assert told["events"][1].startswith(
        "  1 ok made by secretsmanager.amazonaws.com on its behalf, 2026-06-28T12:00:00Z, eventID "
    )


def test_used_through_an_event_of_another_name(asked: Account, ask: Ask) -> None:
    told = chapters(ask, *BATCHES, "s3:ListAllMyBuckets")
    assert told["events"][0] == "s3.amazonaws.com ListBuckets"
    assert "s3 ListBuckets" in told["needed by"][0].split(", ")


def test_not_granted_and_used(asked: Account, ask: Ask) -> None:
    told = chapters(ask, *ALICES, "ec2:RunInstances")
    assert told["verdict"][0].startswith("not_granted (revoked): ")
    assert told["granted"] == ["no: no statement allows it"]
    assert told["events"] == [
        "ec2.amazonaws.com RunInstances",
        f"  1 ok, 2026-06-28T12:00:00Z, eventID {EC2['eventID']}",
    ]


def test_a_call_that_may_have_needed_it(asked: Account, ask: Ask) -> None:
    told = chapters(ask, *ALICES, "iam:PassRole")
    assert told["events"][0] == "ec2.amazonaws.com RunInstances, may have needed it"
    assert told["recorded"] == ["no call that needs it is known to be recorded"]
    assert told["verdict"][0].startswith("unknown (not_recorded): ")
    assert "needed by" not in told
    assert " more" in told["sometimes by"][0]


def test_what_needs_data_events(demo: Account, ask: Ask) -> None:
    told = chapters(ask, *ALICES, "s3:GetObject")
    assert told["verdict"][0].startswith("unknown (selectors_unknown): ")
    assert told["recorded"] == [
        "calls that need it are data events, recorded only where a trail selects them"
    ]
    assert "s3 GetObject (data event)" in told["needed by"][0]
    demo.configure(trails=[{"data_events": [{"type": "AWS::S3::Object", "resources": "all"}]}])
    told = chapters(ask, *ALICES, "s3:PutObjectTagging")
    assert told["recorded"] == ["every call that needs it is recorded by the configured trails"]
    demo.configure(trails=[{"exclude_sources": ["iam.amazonaws.com"]}])
    told = chapters(ask, *ALICES, "iam:ListRoles")
    left_out = ["the configured trails leave out, or may leave out, management events that need it"]
    assert told["recorded"] == left_out
    # A request for a spot fleet may need it, too, and whether that is logged as writing nobody says.
    demo.configure(trails=[{"management": "write"}])
    assert chapters(ask, *ALICES, "ec2:RunInstances")["recorded"] == left_out


def test_an_exclusion_is_told(demo: Account, ask: Ask) -> None:
    demo.configure(
        exclusions=[
            {"principal": "alice", "action": "iam:list*", "reason": "audits", "owner": "ops@example.com"}
        ]
    )
    assert "excluded: audits (ops@example.com)" in chapters(ask, *ALICES, "iam:ListRoles")["verdict"]


def test_a_missing_policy_makes_every_answer_uncertain(account: Account, ask: Ask) -> None:
    gone = {"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}
    account.write_iam(iam(user("alice", allow("iam:GetUser"), AttachedManagedPolicies=[gone])))
    problem = ["missing_policy: identity policy arn:aws:iam::aws:policy/Gone: it is not in the snapshot"]
    told = chapters(ask, *ALICES, "iam:GetUser")
    assert told["verdict"][0].startswith("unknown (missing_policy): ")
    assert told["problems"] == problem
    told = chapters(ask, *ALICES, "iam:GetRole")
    assert told["granted"] == ["no: no statement allows it; but not every policy could be read: see problems"]
    assert told["verdict"] == [
        "none: no grant of it is known, and no use of it is seen in the logs",
        "the logs are incomplete: 0 of 5 days have complete logs",
    ]


@pytest.mark.parametrize(
    ("action", "verdict"),
    [
        ("iam:ListRoles", "none: it is neither granted nor used"),
        (
            "s3:PutObject",
            "none: it is not granted, and no use of it is seen in the logs, which would not show every use",
        ),
        (
            "ec2:CreateTags",
            "none: it is not granted, and whether it was used is not known: a call was made that may have needed it",
        ),
    ],
)
def test_neither_granted_nor_used_is_said_only_where_whole_logs_would_show_a_use(
    demo: Account, ask: Ask, action: str, verdict: str
) -> None:
    demo.write_iam(iam(user("alice", allow("iam:GetUser"))))
    told = chapters(ask, *ALICES, action, "--start", "2026-06-28", "--end", "2026-06-28")
    assert told["verdict"] == [verdict, "1 of 1 day has complete logs"]


def test_since_when_it_is_granted(demo: Account, ask: Ask) -> None:
    demo.write_iam(iam(user("alice", allow("iam:GetUser"))))
    demo.configure(accounts=[_at("2026-06-27T06:00:00Z")], as_of="2026-06-27")
    assert chapters(ask, *ALICES, "iam:GetUser")["since"] == ["as far back as snapshots of it are stored"]
    demo.write_iam(DETAILS)
    demo.configure()
    assert chapters(ask, *ALICES, "iam:GetUser")["since"] == ["as far back as snapshots of it are stored"]
    told = chapters(ask, *ALICES, "iam:ListUsers")
    assert told["since"] == ["the snapshot of 2026-06-30T06:00:00Z; an earlier one did not grant it"]


def _at(taken_at: str) -> dict[str, str]:
    return {"name": "demo", "id": ACCOUNT, "iam": "iam.json", "taken_at": taken_at}
