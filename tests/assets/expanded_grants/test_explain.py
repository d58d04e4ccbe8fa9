import json

import pytest

from assets.errors import InputError, UsageError
from assets.expanded_grants.explain import explain_action
from assets.expanded_grants.scps import Scp
from assets.iam_snapshots.authorization_details import parse_details
from tests.assets.expanded_grants.grant_cases import ALICE, inline_account, small_catalogue

CATALOGUE = small_catalogue()
DOCUMENT = {
    "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": ["s3:Get*", "s3:GetObject"], "Resource": "*"},
        {"Sid": "NotThere", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::secret"},
        {"Sid": "NoAcl", "Effect": "Deny", "Action": "s3:*acl", "Resource": "*"},
    ]
}
DETAILS = parse_details(json.dumps(inline_account(DOCUMENT)).encode(), "test.json")


def test_a_restricted_grant() -> None:
    story = explain_action(DETAILS, ALICE, "S3:getobject", CATALOGUE)
    assert (story.action, story.known, story.granted, story.restricted) == ("s3:GetObject", True, True, True)
    assert sorted(source["pattern"] for source in story.allowing) == ["s3:Get*", "s3:GetObject"]
    assert [source["sid"] for source in story.restricting] == ["NotThere"]
    assert story.denying == ()


def test_a_denied_action_names_the_statement() -> None:
    story = explain_action(DETAILS, ALICE, "s3:GetObjectAcl", CATALOGUE)
    assert (story.granted, story.reason, story.decided_by) == (False, "denied", "inline statement 2")
    assert [source["sid"] for source in story.denying] == ["NoAcl"]


def test_an_action_that_the_catalogue_does_not_know_is_explained_as_if_it_existed() -> None:
    story = explain_action(DETAILS, ALICE, "s3:GetSomethingNew", CATALOGUE)
    assert (story.action, story.known, story.granted) == ("s3:GetSomethingNew", False, True)


def test_a_principal_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match="user/nobody: no such user or role"):
        explain_action(DETAILS, "arn:aws:iam::111111111111:user/nobody", "s3:GetObject", CATALOGUE)


def test_an_empty_scp_level() -> None:
    with pytest.raises(InputError, match="level 2"):
        explain_action(DETAILS, ALICE, "s3:GetObject", CATALOGUE, [[Scp("a", {"Statement": []})], []])
