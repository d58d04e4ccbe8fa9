import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pytest

from assets.errors import InputError
from assets.iam_snapshots.authorization_details import Entity, parse_details
from assets.iam_snapshots.principals import PRINCIPAL_COLUMNS, principals
from assets.iam_snapshots.snapshot import snapshot_rows
from tests.conftest import SHARED

ROOT = "arn:aws:iam::111111111111:"
RAW = json.dumps(
    {
        "UserDetailList": [
            {"UserName": "AWSReservedSSO_user", "UserId": "AIDA1", "Arn": ROOT + "user/AWSReservedSSO_user"},
            {
                "UserName": "a",
                "UserId": "AIDA2",
                "Arn": ROOT + "user/a",
                "CreateDate": "2020-01-01T00:00:00Z",
            },
        ],
        "RoleDetailList": [
            {
                "RoleName": "AWSReservedSSO_Admin_0123",
                "RoleId": "AROA1",
                "Arn": ROOT + "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123",
                "Path": "/aws-reserved/sso.amazonaws.com/",
                "RoleLastUsed": {"LastUsedDate": "2024-02-03T04:05:06+00:00", "Region": "us-east-1"},
                "AssumeRolePolicyDocument": {"Statement": []},
            },
            {
                "RoleName": "AWSServiceRoleForRDS",
                "RoleId": "AROA2",
                "Arn": ROOT + "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
                "Path": "/aws-service-role/rds.amazonaws.com/",
                "RoleLastUsed": {},
            },
        ],
        "GroupDetailList": [{"GroupName": "g", "Arn": ROOT + "group/g"}],
    }
).encode()


def stored(raw: bytes) -> pl.DataFrame:
    account = "111111111111" if b"111111111111" in raw else raw.partition(b"arn:aws:iam::")[2][:12].decode()
    return snapshot_rows(raw, "x", datetime(2024, 2, 4, tzinfo=UTC), "configuration", account)


def test_principals() -> None:
    frame = principals(stored(RAW))
    assert dict(frame.schema) == PRINCIPAL_COLUMNS
    assert frame["principal_arn"].to_list() == sorted(frame["principal_arn"])
    shown = frame.select("principal_name", "principal_id", "principal_type", "service_linked", "sso", "trust")
    assert shown.rows() == [
        ("AWSReservedSSO_Admin_0123", "AROA1", "role", False, True, '{"Statement":[]}'),
        ("AWSServiceRoleForRDS", "AROA2", "role", True, False, ""),
        ("AWSReservedSSO_user", "AIDA1", "user", False, False, ""),
        ("a", "AIDA2", "user", False, False, ""),
    ]
    assert frame["role_last_used"].to_list() == [datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC), None, None, None]
    assert frame["created_at"].to_list() == [None, None, None, datetime(2020, 1, 1, tzinfo=UTC)]


def test_nobody() -> None:
    frame = principals(stored(b'{"UserDetailList": [], "RoleDetailList": []}'))
    assert dict(frame.schema) == PRINCIPAL_COLUMNS and frame.is_empty()


def of_entity(entity: Entity) -> tuple[object, ...]:
    """What a row says, from the file as it was parsed."""
    sso = entity.kind == "role" and entity.name.startswith("AWSReservedSSO_")
    facts = (
        entity.arn,
        entity.id,
        entity.kind,
        entity.name,
        entity.path,
        entity.created_at,
        entity.last_used,
    )
    return (*facts, entity.service_linked, sso, entity.trust)


TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}],
}
ODD = [
    {"Arn": ROOT + "role/url", "AssumeRolePolicyDocument": quote(json.dumps(TRUST))},
    {"Arn": ROOT + "role/text", "AssumeRolePolicyDocument": json.dumps(TRUST)},
    {"Arn": ROOT + "role/none", "AssumeRolePolicyDocument": None, "RoleLastUsed": None, "Path": ""},
    {"Arn": ROOT + "role/noise", "AssumeRolePolicyDocument": "no JSON", "RoleLastUsed": ""},
    {"Arn": ROOT + "role/seconds", "RoleLastUsed": {"LastUsedDate": 1700000000.5, "Region": "eu-west-1"}},
    {"Arn": ROOT + "role/zone", "RoleLastUsed": {"LastUsedDate": "2024-01-01T01:00:00+02:00"}},
]


def says_what_the_parsed_file_says(raw: bytes) -> None:
    details = parse_details(raw, "x")
    expected = sorted(map(of_entity, (*details.users, *details.roles)))
    assert expected and principals(stored(raw)).rows() == expected


def test_odd_trust_and_times() -> None:
    says_what_the_parsed_file_says(json.dumps({"UserDetailList": [], "RoleDetailList": ODD}).encode())


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the shared data {SHARED}")
@pytest.mark.parametrize("name", ["iam-large.json", "real-account/iam.json"])
def test_real_files(name: str) -> None:
    says_what_the_parsed_file_says(Path(SHARED, name).read_bytes())


def test_a_partition_that_is_not_whole() -> None:
    with pytest.raises(InputError, match="0 rows of kind 'document'"):
        principals(stored(RAW).filter(pl.col("kind") != "document"))
