"""Patterns that mean a set of actions and nothing else."""

import pytest

from assets.right_sized_policies.wildcards import contains, covered

CATALOGUE = sorted(
    ["s3:getacl", "s3:getobject", "s3:getobjectacl", "s3:putobject", "s3:putobjectacl", "sqs:getqueue"]
)


@pytest.mark.parametrize(
    ("actions", "held", "expected"),
    [
        (["s3:GetObject", "s3:GetObjectAcl"], ["s3:*"], ["s3:GetObject*"]),
        (["s3:GetAcl", "s3:GetObject", "s3:GetObjectAcl"], ["s3:Get*"], ["s3:Get*"]),
        (
            ["s3:GetObject", "s3:GetObjectAcl"],
            ["s3:GetObject", "s3:GetObjectAcl"],
            ["s3:GetObject", "s3:GetObjectAcl"],
        ),
        (["s3:GetAcl", "s3:GetObject"], ["s3:*"], ["s3:GetAcl", "s3:GetObject"]),
        (["s3:PutObject", "s3:PutObjectAcl"], ["s3:*Object*"], ["s3:PutObject*"]),
        (["s3:PutObject", "s3:PutObjectAcl"], ["s3:*t", "s3:*Acl"], ["s3:PutObject", "s3:PutObjectAcl"]),
        (
            ["s3:GetObject", "s3:GetObjectNew", "s3:GetObjectAcl"],
            ["*"],
            ["s3:GetObject*", "s3:GetObjectNew"],
        ),
        ([], ["*"], []),
    ],
)
def test_covered(actions: list[str], held: list[str], expected: list[str]) -> None:
    assert covered(actions, CATALOGUE, held, negated=False) == sorted(expected)


@pytest.mark.parametrize(
    ("held", "prefix", "expected"),
    [
        ("s3:*", "s3:get", True),
        ("*", "s3:get", True),
        ("s3:get?*", "s3:get", False),
        ("s3:get??", "s3:get", False),
        ("S3:GET*", "s3:geto", True),
        ("s3:*Acl", "s3:get", False),
        ("*:*", "s3:", True),
    ],
)
def test_contains(held: str, prefix: str, expected: bool) -> None:
    assert contains([held], prefix, negated=False) is expected


def test_what_a_not_action_leaves_out_is_not_run_over() -> None:
    assert contains(["iam:*"], "s3:get", negated=True)
    assert not contains(["s3:GetAcl"], "s3:get", negated=True)
    assert not contains(["*:Get*"], "s3:get", negated=True)
