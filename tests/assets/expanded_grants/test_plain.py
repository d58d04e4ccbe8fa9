"""The fast expansion gives the very tables that the plain one gives, every column of every row."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.aws_actions.catalogue import Catalogue, published_actions
from assets.expanded_grants import frames
from assets.expanded_grants.frames import expand_account
from assets.expanded_grants.scps import Scp
from assets.iam_snapshots.authorization_details import parse_details
from benchmarks.iam_account import IamShape, account_details
from tests.assets.expanded_grants.plain_expansion import Plain, content_hash
from tests.conftest import SHARED

SCPS = [
    [Scp("everything", {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})],
    [
        Scp(
            "most",
            {
                "Statement": [
                    {"Effect": "Allow", "NotAction": ["iam:*", "s3:*Bucket*"], "Resource": "*"},
                    {"Effect": "Allow", "Action": "iam:Get*", "Resource": "arn:aws:iam::*:role/x"},
                    {
                        "Effect": "Deny",
                        "Action": "ec2:*",
                        "Resource": "*",
                        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
                    },
                ]
            },
        ),
        Scp(
            "s3", {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a"}}, "arn:p"
        ),
    ],
]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    tagging = pl.col("action").str.contains("Tag").alias("unverified")
    return Catalogue.from_frame(published_actions().with_columns(tagging))


def same_as_plain(account: dict[str, Any], catalogue: Catalogue, scps: list[list[Scp]] | None) -> int:
    grants, sources = Plain(account, catalogue, scps).tables()
    expanded = expand_account(parse_details(json.dumps(account).encode(), "x"), catalogue, scps=scps)
    assert expanded.sources.height == sources.height
    assert content_hash(expanded.sources) == content_hash(sources)
    assert expanded.grants.height == grants.height
    assert content_hash(expanded.grants) == content_hash(grants)
    return grants.height


@pytest.mark.parametrize("name", ["iam-large.json", "real-account/iam.json"])
def test_a_real_account(name: str, catalogue: Catalogue) -> None:
    file = Path(SHARED, name)
    if not file.exists() or file.read_bytes()[:1] != b"{":
        pytest.skip(f"{file} is not there, or no JSON")
    assert same_as_plain(json.loads(file.read_text("utf-8")), catalogue, None) > 50_000


@pytest.mark.parametrize("scps", [None, SCPS], ids=["", "scps"])
def test_a_generated_account(
    scps: list[list[Scp]] | None, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "_CHUNK", 1_000)
    account = account_details("100000000000", IamShape(roles=12, users=8, policies=50))
    # What nobody's catalogue knows, in two spellings; a wildcard and a NotAction do not grant it to others.
    allow = {"Effect": "Allow", "Action": ["s3:zzNew", "s3:Get*", "S3:GETOBJECT"], "Resource": "*"}
    other = {"Effect": "Allow", "Action": "S3:ZZNEW", "NotResource": "arn:aws:s3:::a"}
    for role, statement in zip(account["RoleDetailList"], (allow, other), strict=False):
        document = {"Statement": [statement, statement]}
        role["RolePolicyList"] = [{"PolicyName": 'n"e\\w é', "PolicyDocument": document}] * 2
    account["RoleDetailList"][2]["PermissionsBoundary"] = {
        "PermissionsBoundaryArn": account["Policies"][43]["Arn"]
    }
    assert same_as_plain(account, catalogue, scps) > 20_000


def test_the_hash_sees_every_cell(catalogue: Catalogue) -> None:
    account = account_details("100000000000", IamShape(roles=1, users=0, policies=3))
    grants, _ = Plain(account, catalogue).tables()
    for name in grants.columns:
        other = grants.with_columns(pl.col(name).shift(1).alias(name))
        changed = not other[name].equals(grants[name], null_equal=True)
        assert (content_hash(other) != content_hash(grants)) == changed
