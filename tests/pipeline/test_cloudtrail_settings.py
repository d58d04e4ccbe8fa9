"""Where the logs are, as the configuration says it: every contradiction is named with its key."""

from pathlib import Path

import pytest

from assets.cloudtrail_usage.sources.aws import Connection
from assets.cloudtrail_usage.sources.lookup import LookupLogs
from assets.cloudtrail_usage.sources.s3 import S3Logs
from assets.errors import ConfigError
from pipeline.settings import load_settings
from pipeline.sources import log_source

ACCOUNTS = "accounts: [{name: demo, id: '111111111111', iam: iam.json}]\n"
ROLE = "arn:aws-cn:iam::111111111111:role/path/audit"


def _source(folder: Path, block: str) -> object:
    path = folder / "config.yaml"
    path.write_text(f"{ACCOUNTS}cloudtrail: {block}\n", encoding="utf-8")
    return log_source(load_settings(path))


def test_a_bucket_with_everything_that_may_be_said(tmp_path: Path) -> None:
    block = (
        "{path: 's3://bucket/a/b/', org_id: o-x, profile: p, region: cn-north-1,"
        f" role_arn: '{ROLE}', endpoint_url: 'http://localhost:9000'}}"
    )
    connection = Connection("p", "cn-north-1", ROLE, "http://localhost:9000")
    assert _source(tmp_path, block) == S3Logs("bucket", "a/b", "o-x", connection)


def test_lookup(tmp_path: Path) -> None:
    role = "arn:aws:iam::{account}:role/audit"
    found = _source(tmp_path, f"{{lookup: true, role_arn: '{role}'}}")
    store = (tmp_path / "cloudtracker-data" / ".lookup").resolve()
    assert found == LookupLogs(store, 24, Connection(role_arn=role))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{lookup: true, path: ./logs}", r"cloudtrail\.lookup: true, but 'path: \./logs' is there too"),
        ("{lookup: true, org_id: o-x}", r"cloudtrail\.org_id: LookupEvents knows no organisation"),
        ("{lookup: false}", r"cloudtrail: names no place"),
        ("{path: ''}", r"cloudtrail: names no place"),
        ("{path: ./logs, profile: p}", r"cloudtrail\.profile: means something for logs in S3"),
        ("{path: 's3://'}", r"cloudtrail\.path: 's3://' names no bucket"),
        ("{path: 's3:///prefix'}", r"cloudtrail\.path: 's3:///prefix' names no bucket"),
        ("{path: 's3://b b/prefix'}", r"names no bucket; write s3://bucket"),
        ("{path: 's3://bucket', role_arn: audit}", r"cloudtrail\.role_arn: 'audit' is no ARN"),
        ("{path: 's3://bucket', role_arn: 'arn:aws:iam::{account}:role/x'}", r"is no ARN of a role"),
        (
            "{path: 's3://bucket', endpoint_url: localhost}",
            r"cloudtrail\.endpoint_url: 'localhost' begins neither",
        ),
    ],
)
def test_contradictions_are_named(tmp_path: Path, block: str, said: str) -> None:
    with pytest.raises(
        ConfigError, match=r"config\.yaml: " + (said if said.startswith("cloud") else ".*" + said)
    ):
        _source(tmp_path, block)
