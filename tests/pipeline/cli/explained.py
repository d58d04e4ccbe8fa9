"""The account whose stories are told: alice with a policy of every kind, the role batch, events of every outcome."""

from collections import defaultdict
from typing import Any

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


def demo_account(account: Account) -> Account:
    """Give alice with a group, a Deny, a condition and a boundary, the role batch, and events of every outcome."""
    account.write_iam(DETAILS)
    account.log(
        record(ALICE, "iam:DeleteUser", "2026-06-29T10:00:00Z", errorCode="AccessDenied"),
        record(ALICE, "iam:DeleteUser", "2026-06-29T10:05:00Z", errorCode="AccessDenied"),
        record(ALICE, "iam:DeleteRole", "2026-06-29T10:05:00Z", errorCode="NoSuchEntity"),
    )
    account.log(
        record(ALICE, "iam:GetUser", "2026-06-28T10:00:00Z"),
        record(ALICE, "iam:GetUser", "2026-06-28T10:30:00Z"),
        record(ALICE, "iam:GetUser", "2026-06-28T11:00:00Z", errorCode="AccessDenied"),
        record(ALICE, "iam:ListUsers", "2026-06-28T10:00:00Z", errorCode="AccessDenied"),
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


def told(ask: Ask, *words: str) -> Chapters:
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
