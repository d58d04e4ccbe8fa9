import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from assets.errors import InputError
from assets.iam_snapshots.authorization_details import parse_details

USER = {"UserName": "alice", "UserId": "AIDA1", "Arn": "arn:aws:iam::111111111111:user/alice", "Path": "/"}
ROLE = {"RoleName": "r", "RoleId": "AROA1", "Arn": "arn:aws:iam::111111111111:role/x/r", "Path": "/x/"}


def file(users: Any = (), roles: Any = (), **more: Any) -> bytes:
    return json.dumps({"UserDetailList": list(users), "RoleDetailList": list(roles), **more}).encode()


def refusal(raw: bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse_details(raw, "account-data/demo.json")
    text = str(caught.value)
    assert text.startswith("account-data/demo.json")
    return text


@pytest.mark.parametrize("raw", [b"", b"  \n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file(raw: bytes) -> None:
    assert "the file is empty" in refusal(raw)


def test_a_file_cut_short_says_where() -> None:
    whole = json.dumps(json.loads(file([USER], [ROLE])), indent=1)
    lines = whole.splitlines()
    assert "cut short at line 5, column" in refusal("\n".join(lines[:5]).encode())
    for length in range(1, len(whole), 7):
        text = refusal(whole[:length].encode())
        assert "cut short" in text or "is not JSON" in text


def test_cut_within_a_string() -> None:
    assert "cut short at line 1, column" in refusal(file([USER])[:40])


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b'{"Version": "2012-10-17", "Statement": []}', "neither UserDetailList nor RoleDetailList"),
        (b"{}", "neither UserDetailList nor RoleDetailList"),
        (b"[]", "holds a JSON list, not the object"),
        (b"null", "holds a JSON null"),
        (b'"x"', "holds a JSON string"),
        (b'{"UserDetailList": {}}', "UserDetailList holds a JSON object, not a list"),
        (b"<html>", "is not JSON: Expecting value at line 1, column 1"),
        (b"\x1f\x8b\x08", "is not text in UTF-8"),
        (file() + b"\n" + file(), "a second JSON value begins at line 2, column 1"),
        (file(IsTruncated=True, Marker="x"), "the snapshot is truncated"),
        (file(["alice"]), "UserDetailList[0] is a string, not an object"),
        (file([USER, {"UserName": "bob"}]), "UserDetailList[1] has no Arn"),
        (file([USER, {**USER, "UserId": "AIDA2"}]), "listed twice with different contents"),
        (file([{**USER, "CreateDate": "yesterday"}]), "user/alice is not as IAM writes it"),
        (file([{**USER, "UserPolicyList": ["x"]}]), "user/alice is not as IAM writes it"),
        (
            file([{**USER, "AttachedManagedPolicies": [{"PolicyName": "x"}]}]),
            "user/alice is not as IAM writes it",
        ),
    ],
)
def test_what_is_refused(raw: bytes, text: str) -> None:
    message = refusal(raw)
    assert text in message
    assert ";" in message  # what to do follows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_shells_write(encoding: str) -> None:
    raw = file([{**USER, "UserName": "zoë"}]).decode().encode(encoding)
    assert parse_details(raw, "x").users[0].name == "zoë"


def test_a_role_without_anything() -> None:
    (role,) = parse_details(file(roles=[{"Arn": ROLE["Arn"]}]), "x").roles
    assert (role.name, role.id, role.path, role.trust, role.boundary) == ("r", "", "/", "", "")
    assert (role.inline, role.attached, role.created_at, role.last_used) == ((), (), None, None)


def test_null_lists_are_empty() -> None:
    nulls = {
        "UserPolicyList": None,
        "AttachedManagedPolicies": None,
        "GroupList": None,
        "PermissionsBoundary": None,
    }
    (user,) = parse_details(file([{**USER, **nulls}], GroupDetailList=None, Policies=None), "x").users
    assert (user.inline, user.attached, user.groups, user.boundary) == ((), (), (), "")


def test_a_file_with_roles_only() -> None:
    details = parse_details(json.dumps({"RoleDetailList": [ROLE]}).encode(), "x")
    assert [role.name for role in details.roles] == ["r"]
    assert details.users == ()


@pytest.mark.parametrize(
    "text",
    [
        "2023-03-09 10:41:45+00:00",
        "2023-03-09T10:41:45Z",
        "2023-03-09T10:41:45.000Z",
        "2023-03-09T11:41:45+01:00",
        1678358505,
    ],
)
def test_times_are_utc(text: object) -> None:
    (user,) = parse_details(file([{**USER, "CreateDate": text}]), "x").users
    assert user.created_at == datetime(2023, 3, 9, 10, 41, 45, tzinfo=UTC)


def test_everything_about_a_role() -> None:
    role = {
        **ROLE,
        "AssumeRolePolicyDocument": "%7B%22Statement%22%3A%20%5B%5D%7D",
        "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": []}}],
        "AttachedManagedPolicies": [{"PolicyName": "m", "PolicyArn": "arn:m"}],
        "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:b"},
        "RoleLastUsed": {"LastUsedDate": "2023-03-09T10:41:45Z", "Region": "eu-west-1"},
    }
    (parsed,) = parse_details(file(roles=[role]), "x").roles
    assert parsed.trust == '{"Statement":[]}'
    assert [(policy.name, policy.document.body) for policy in parsed.inline] == [("p", {"Statement": []})]
    assert [(policy.name, policy.arn) for policy in parsed.attached] == [("m", "arn:m")]
    assert (parsed.boundary, parsed.last_used) == ("arn:b", datetime(2023, 3, 9, 10, 41, 45, tzinfo=UTC))
    assert json.loads(parsed.text) == role


def test_entries_are_sorted_and_the_same_entry_twice_is_one() -> None:
    bob = {"Arn": "arn:aws:iam::111111111111:user/Bob"}
    users = parse_details(file([USER, bob, USER]), "x").users
    assert [user.name for user in users] == ["Bob", "alice"]


@pytest.mark.parametrize(
    ("path", "linked"),
    [("/aws-service-role/rds.amazonaws.com/", True), ("/aws-service-roles/", False), ("/", False)],
)
def test_service_linked(path: str, linked: bool) -> None:
    (role,) = parse_details(file(roles=[{**ROLE, "Path": path}]), "x").roles
    assert role.service_linked is linked


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"NextToken": "eyJNYXJrZXIiOiBudWxsfQ=="}, "NextToken"),
        ({"Marker": "abc", "IsTruncated": False}, "Marker"),
        ({"IsTruncated": True}, "IsTruncated is true"),
    ],
)
def test_one_page_of_several_is_no_snapshot(more: dict[str, Any], what: str) -> None:
    text = json.dumps({"UserDetailList": [USER], **more}).encode()
    with pytest.raises(InputError, match=rf"iam\.json: the snapshot is truncated \({what}\).*--max-items"):
        parse_details(text, "iam.json")
    whole = json.dumps({"UserDetailList": [USER], "NextToken": None, "Marker": ""}).encode()
    assert len(parse_details(whole, "iam.json").users) == 1


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"GroupList": [{"GroupName": "g"}]}, "GroupList is no list of strings"),
        ({"GroupList": "admins"}, "GroupList is no list of strings"),
        ({"CreateDate": 1e20}, "OverflowError|ValueError"),
        ({"UserPolicyList": [{"PolicyName": None, "PolicyDocument": {}}]}, "PolicyName"),
        ({"PermissionsBoundary": {"PermissionsBoundaryArn": 5}}, "PermissionsBoundaryArn is a JSON number"),
        ({"PermissionsBoundary": "arn"}, "not as IAM writes it"),
        ({"PermissionsBoundary": {"PermissionsBoundaryType": "Policy"}}, "PermissionsBoundaryArn"),
        ({"AttachedManagedPolicies": [{"PolicyName": "x"}]}, "PolicyArn"),
        ({"AttachedManagedPolicies": ["x"]}, "not as IAM writes it"),
        ({"UserId": 5}, "UserId is a JSON number"),
    ],
)
def test_an_entry_that_is_not_as_iam_writes_it_is_named(more: dict[str, Any], what: str) -> None:
    text = json.dumps({"UserDetailList": [{**USER, **more}]}).encode()
    with pytest.raises(
        InputError, match=r"iam\.json: arn:aws:iam::111111111111:user/alice is not as IAM"
    ) as found:
        parse_details(text, "iam.json")
    assert re.search(what, str(found.value))


def test_what_is_nested_too_deeply_is_named() -> None:
    deep = '{"UserDetailList": [' + "[" * 100_000 + "]" * 100_000 + "]}"
    with pytest.raises(InputError, match=r"iam\.json"):
        parse_details(deep.encode(), "iam.json")
