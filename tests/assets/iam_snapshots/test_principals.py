import json
from datetime import UTC, datetime

from assets.iam_snapshots.authorization_details import parse_details
from assets.iam_snapshots.principals import PRINCIPAL_COLUMNS, principals

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


def test_principals() -> None:
    frame = principals(parse_details(RAW, "x"))
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
    frame = principals(parse_details(b'{"UserDetailList": [], "RoleDetailList": []}', "x"))
    assert dict(frame.schema) == PRINCIPAL_COLUMNS and frame.is_empty()
