"""An AWS of its own for each test, with a small account in it."""

import json
import logging
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest

from tests.conftest import Account
from tests.live.aws_front import Front, aws_front

MANAGEMENT = "123456789012"
"""The account that credentials without a role belong to in moto."""


def today() -> date:
    """Return today's date in UTC: live accounts know no other day."""
    return datetime.now(UTC).date()


@pytest.fixture(scope="session")
def servers() -> Iterator[Front]:
    """The servers, one of each for all tests of a process."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with aws_front() as front:
        yield front


@pytest.fixture
def aws(servers: Front, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Front:
    """An empty AWS that this process has credentials for."""
    servers.reset()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    given = {
        "AWS_ENDPOINT_URL": servers.url,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI-EXAMPLEKEY",
        "AWS_CONFIG_FILE": str(tmp_path / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "aws-credentials"),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return servers


def client(service: str, region: str = "us-east-1", account: str | None = None) -> Any:
    """Return boto3's client for making what a test needs, in the management account or another."""
    if account is None:
        return boto3.client(service, region_name=region)
    given = boto3.client("sts", region_name=region).assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/maker", RoleSessionName="test"
    )["Credentials"]
    return boto3.client(
        service,
        region_name=region,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def document(*actions: str, effect: str = "Allow") -> str:
    """Return a policy document on all resources."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": list(actions), "Resource": "*"}]}
    )


def populate(account: str | None = None) -> None:
    """Make alice (in a group), bob, a role and a managed policy: seven grants of them are alice's."""
    iam = client("iam", account=account)
    policy = iam.create_policy(
        PolicyName="Queues", PolicyDocument=document("sqs:ListQueues", "sqs:GetQueueUrl")
    )
    iam.create_group(GroupName="people")
    iam.put_group_policy(GroupName="people", PolicyName="read", PolicyDocument=document("iam:GetUser"))
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
        iam.add_user_to_group(UserName=name, GroupName="people")
    iam.put_user_policy(
        UserName="alice",
        PolicyName="own",
        PolicyDocument=document("s3:GetObject", "kms:Decrypt", "ec2:StopInstances"),
    )
    iam.attach_user_policy(UserName="alice", PolicyArn=policy["Policy"]["Arn"])
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=document("sts:AssumeRole"))
    iam.attach_role_policy(RoleName="worker", PolicyArn=policy["Policy"]["Arn"])


@pytest.fixture
def live(account: Account, aws: Front) -> Account:
    """The management account, populated, configured as live, without `as_of`."""
    populate()
    account.configure(as_of=None, accounts=[{"name": "demo", "id": MANAGEMENT, "iam": "live"}])
    aws.calls.clear()
    return account
