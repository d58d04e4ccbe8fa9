"""Statements that stand: the ids that grants had by them, also where a Deny has left no grant."""

import json
from typing import Any

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.frames import expand_account
from assets.expanded_grants.standing import standing
from assets.iam_snapshots.authorization_details import AccountDetails, parse_details
from tests.build import ACCOUNT, allow, iam, user

CATALOGUE = Catalogue(("s3:GetObject", "s3:ListBucket", "sqs:SendMessage"), ("Read", "List", "Write"))
PATTERNS = ("s3:GetObject", "sqs:Send*", "sqs:*")
DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}
BUT_SQS = {"Effect": "Allow", "NotAction": "sqs:*", "Resource": "*"}
GROUP = {
    "GroupName": "staff",
    "GroupId": "AGPAX",
    "Arn": f"arn:aws:iam::{ACCOUNT}:group/staff",
    "Path": "/",
    "GroupPolicyList": [{"PolicyName": "ours", "PolicyDocument": {"Statement": [BUT_SQS]}}],
}


def _details(*statements: dict[str, Any]) -> AccountDetails:
    alice, bob = user("alice", *statements, GroupList=["staff"]), user("bob", allow("sqs:*"))
    return parse_details(json.dumps(iam(alice, bob, GroupDetailList=[GROUP])).encode(), "test")


def test_what_a_deny_left_without_effect_stands_by_the_same_ids() -> None:
    allows = (allow("s3:GetObject", Sid="Read"), allow("sqs:Send*"))
    before, after = _details(*allows), _details(*allows, DENY)
    granted = expand_account(before, CATALOGUE).grants
    alice = next(arn for arn in granted["principal_arn"] if arn.endswith("alice"))
    ids = set(granted.filter(principal_arn=alice)["granted_by"].explode())
    assert len(ids) == 3
    assert alice not in set(expand_account(after, CATALOGUE).grants["principal_arn"])
    found = standing(after, {alice}, PATTERNS)
    assert set(found["principal_arn"]) == {alice}
    # A statement at another place is another, as in grant_sources; a Deny grants nothing.
    assert set(found["id"]) == ids
    assert standing(after, {alice}, PATTERNS[:1]).height == 1
    assert standing(after, set(), PATTERNS).is_empty()
