import json
from typing import Any

import polars as pl
import pytest

from assets.aws_actions.catalogue import Catalogue
from assets.coded_text import plain
from assets.errors import InputError
from assets.expanded_grants.explain import explain_action
from assets.expanded_grants.frames import expand_account, expand_coded
from assets.expanded_grants.schema import (
    DESCRIPTIONS,
    GRANTS,
    GRANTS_KEY,
    PROBLEM_CODES,
    PROBLEMS,
    PROBLEMS_KEY,
    SOURCES,
    SOURCES_KEY,
)
from assets.iam_snapshots.authorization_details import parse_details
from tests.assets.expanded_grants.grant_cases import account_of, all_cases, inline_account, small_catalogue

CATALOGUE = small_catalogue()


def allow(*actions: str, **extra: Any) -> dict[str, Any]:
    return {"Statement": {"Effect": "Allow", "Action": list(actions), "Resource": "*", **extra}}


def account(**documents: dict[str, Any]) -> bytes:
    users = []
    for name, document in documents.items():
        user = inline_account(document)["UserDetailList"][0]
        user |= {"UserName": name, "UserId": f"AIDA{name}", "Arn": f"arn:aws:iam::111111111111:user/{name}"}
        users.append(user)
    return json.dumps({"UserDetailList": users, "RoleDetailList": []}).encode()


def test_columns_are_the_schema_even_without_a_principal() -> None:
    empty = parse_details(b'{"UserDetailList": [], "RoleDetailList": []}', "empty.json")
    for catalogue in (CATALOGUE, Catalogue((), ())):
        expanded = expand_account(empty, catalogue)
        assert dict(expanded.grants.schema) == GRANTS
        assert dict(expanded.sources.schema) == SOURCES
        assert dict(expanded.problems.schema) == PROBLEMS
        assert expanded.grants.is_empty() and expanded.sources.is_empty() and expanded.problems.is_empty()


@pytest.mark.parametrize("case", all_cases()[::7], ids=lambda case: case["id"])
def test_codes_say_the_same_as_text(case: dict[str, Any]) -> None:
    coded, text = expand_coded(account_of(case), CATALOGUE), expand_account(account_of(case), CATALOGUE)
    assert coded.grants.is_empty() or isinstance(coded.grants.schema["action"], pl.Enum)
    assert plain(coded.grants).equals(text.grants)
    assert coded.sources.equals(text.sources) and coded.problems.equals(text.problems)


@pytest.mark.parametrize(
    ("theirs", "granted"), [((1, 2), ["s3:GetObject"]), ((2, 1), ["s3:GetObject"]), ((2,), [])]
)
def test_a_group_of_the_same_name_in_another_account_grants_nothing(
    theirs: tuple[int, ...], granted: list[str]
) -> None:
    actions = {1: "s3:GetObject", 2: "s3:PutObject"}
    groups = [
        {
            "GroupName": "admins",
            "Arn": f"arn:aws:iam::{str(number) * 12}:group/admins",
            "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": allow(actions[number])}],
        }
        for number in theirs
    ]
    bob = {"UserName": "bob", "Arn": f"arn:aws:iam::{'1' * 12}:user/bob", "GroupList": ["admins"]}
    file = {"UserDetailList": [bob], "GroupDetailList": groups}
    expanded = expand_account(parse_details(json.dumps(file).encode(), "merged.json"), CATALOGUE)
    assert expanded.grants["action"].to_list() == granted
    assert expanded.problems["problem"].to_list() == ([] if granted else ["missing_group"])


def test_every_column_is_described() -> None:
    tables = {"expanded_grants": GRANTS, "grant_sources": SOURCES, "grant_problems": PROBLEMS}
    assert {name: ["", *columns] for name, columns in tables.items()} == {
        name: list(texts) for name, texts in DESCRIPTIONS.items()
    }


@pytest.mark.parametrize("case", all_cases()[::7], ids=lambda case: case["id"])
def test_tables_are_sorted_unique_and_refer_to_each_other(case: dict[str, Any]) -> None:
    expanded = expand_account(account_of(case), CATALOGUE)
    for frame, schema, key in (
        (expanded.grants, GRANTS, GRANTS_KEY),
        (expanded.sources, SOURCES, SOURCES_KEY),
        (expanded.problems, PROBLEMS, PROBLEMS_KEY),
    ):
        assert dict(frame.schema) == schema
        assert frame.equals(frame.sort(key))
        assert not frame.select(key).is_duplicated().any()
    ids = pl.concat([expanded.grants["granted_by"].explode(), expanded.grants["restricted_by"].explode()])
    assert set(ids.drop_nulls()) == set(expanded.sources["id"])
    assert set(expanded.problems["problem"]) <= set(PROBLEM_CODES)
    assert all(ids == sorted(ids) for ids in expanded.grants["granted_by"].to_list())


def test_more_principals_than_one_batch() -> None:
    names = [f"user{number:03}" for number in range(250)]
    documents = {name: allow("s3:Get*" if number % 2 else "iam:GetUser") for number, name in enumerate(names)}
    expanded = expand_account(parse_details(account(**documents), "many.json"), CATALOGUE)
    found = {
        name: tuple(actions)
        for name, actions in expanded.grants.group_by("principal_name", maintain_order=True)
        .agg("action")
        .iter_rows()
    }
    get = ("s3:GetBucketPolicy", "s3:GetObject", "s3:GetObjectAcl")
    assert found == {name: get if number % 2 else ("iam:GetUser",) for number, name in enumerate(names)}
    assert expanded.sources.height == 250
    carriers = expanded.grants.explode("granted_by").join(
        expanded.sources, left_on="granted_by", right_on="id"
    )
    assert (carriers["principal_arn"] == carriers["attached_to"]).all()
    assert expanded.grants.equals(expanded.grants.sort(GRANTS_KEY))


def test_sources_where_principals_share_policies() -> None:
    """Each grant names the sources that the story of that one action finds, in the principal's own hands."""
    patterns = [
        "s3:Get*",
        "s3:*",
        "s3:PutObject",
        "iam:GetUser",
        "*:*User",
        "ec2:*",
        "ec2:Run*",
        "sts:?ssumeRole",
    ]
    policies, users = [], []
    for number in range(6):
        chosen = [patterns[(number + step) % 8] for step in range(number + 1)]
        statements = [
            {"Effect": "Allow", "Action": chosen, "Resource": "*"},
            {"Effect": "Deny", "Action": chosen[-1], "Resource": "arn:aws:s3:::b"},
        ]
        versions = [{"VersionId": "v1", "IsDefaultVersion": True, "Document": {"Statement": statements}}]
        policies.append({"Arn": f"arn:p{number}", "PolicyName": f"p{number}", "PolicyVersionList": versions})
    for number in range(40):
        attached = [{"PolicyName": "p", "PolicyArn": f"arn:p{bit}"} for bit in range(6) if number >> bit & 1]
        arn = f"arn:aws:iam::111111111111:user/u{number:02}"
        users.append({"Arn": arn, "UserId": arn, "AttachedManagedPolicies": attached})
        users[-1]["GroupList"] = ["g"] if number % 3 else []
        users[-1]["PermissionsBoundary"] = {"PermissionsBoundaryArn": "arn:p5"} if number % 4 == 0 else None
    group = {"Arn": "arn:g", "GroupName": "g", "AttachedManagedPolicies": [{"PolicyArn": "arn:p1"}]}
    raw = {"UserDetailList": users, "GroupDetailList": [group], "RoleDetailList": [], "Policies": policies}
    details = parse_details(json.dumps(raw).encode(), "shared.json")
    grants = expand_account(details, CATALOGUE).grants
    assert grants.height > 300
    for row in grants.rows(named=True):
        story = explain_action(details, row["principal_arn"], row["action"], CATALOGUE)
        assert [source["id"] for source in story.allowing] == row["granted_by"]
        assert [source["id"] for source in story.restricting] == row["restricted_by"]


def test_the_order_of_the_file_does_not_matter() -> None:
    documents = {"b": allow("s3:Get*"), "a": allow("s3:*", "zz:New"), "c": allow("iam:*", "AA:New")}
    one = expand_account(parse_details(account(**documents), "x"), CATALOGUE)
    other = expand_account(parse_details(account(**dict(reversed(documents.items()))), "x"), CATALOGUE)
    for left, right in zip(one, other, strict=True):
        assert left.equals(right)


def test_access_level_and_flags() -> None:
    expanded = expand_account(
        parse_details(account(a=allow("lambda:*", "s3:GetObject", "s3:New")), "x"), CATALOGUE
    )
    flags = expanded.grants.select("action", "access_level", "unverified", "unknown_action").rows()
    assert flags == [
        ("lambda:InvokeAsync", "Write", True, False),
        ("lambda:InvokeFunction", "Write", False, False),
        ("s3:GetObject", "Read", False, False),
        ("s3:New", "", False, True),
    ]


def test_a_source_row_says_everything() -> None:
    document = {
        "Statement": [
            {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"},
            {
                "Sid": "Some",
                "Effect": "Allow",
                "Action": ["s3:Get*"],
                "NotResource": ["arn:aws:s3:::b"],
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            },
        ]
    }
    expanded = expand_account(parse_details(account(alice=document), "x"), CATALOGUE)
    ids = expanded.grants.filter(pl.col("action") == "s3:GetObject")["granted_by"][0]
    (row,) = expanded.sources.filter(pl.col("id").is_in(ids.to_list())).drop("id").rows(named=True)
    assert row == {
        "policy_arn": None,
        "policy_name": "inline",
        "policy_kind": "inline",
        "used_as": "identity",
        "attached_to": "arn:aws:iam::111111111111:user/alice",
        "group": "",
        "statement": 1,
        "sid": "Some",
        "pattern": "s3:Get*",
        "pattern_kind": "Action",
        "effect": "Allow",
        "condition": '{"Bool":{"aws:SecureTransport":"true"}}',
        "resources": '["arn:aws:s3:::b"]',
        "not_resources": True,
    }


def test_an_id_belongs_to_its_content() -> None:
    """The same statement keeps its id from day to day; another one gets another."""
    before = expand_account(parse_details(account(a=allow("s3:GetObject")), "x"), CATALOGUE).sources
    after = expand_account(
        parse_details(account(a=allow("s3:GetObject"), b=allow("iam:GetUser")), "y"), CATALOGUE
    ).sources
    other = expand_account(parse_details(account(a=allow("s3:GetObject", Sid="x")), "x"), CATALOGUE).sources
    assert before["id"][0] in after["id"].to_list()
    assert before["id"][0] not in other["id"].to_list()


def test_an_scp_level_without_policies_is_refused() -> None:
    details = parse_details(account(a=allow("s3:*")), "x")
    with pytest.raises(InputError, match=r"level 1.*at least one"):
        expand_account(details, CATALOGUE, scps=[[]])
