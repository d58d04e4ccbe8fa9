"""What CloudTrail takes calls for: resource types, reading and writing."""

import gzip
import json
from typing import Any

import polars as pl
import pytest

from assets.aws_actions.event_mapping import EventMapping
from assets.aws_actions.trail_facts import read_write
from tests.assets.aws_actions.conftest import Tables
from tests.conftest import SHARED

REAL = SHARED / "real-account"


@pytest.mark.parametrize(
    ("operation", "levels", "expected"),
    [
        ("GetUser", {"Read"}, "read"),
        ("DescribeInstances", {"List", "Read"}, "read"),
        ("ListUsers", {"List"}, "read"),
        ("BatchGetItem", {"Read"}, "read"),
        ("CreateUser", {"Write"}, "write"),
        ("TagRole", {"Tagging"}, "write"),
        ("PutRolePolicy", {"Permissions management"}, "write"),
        # The name and the level disagree, or only one of them speaks.
        ("GetCredentials", {"Write"}, ""),
        ("DescribeSpacePermissions", {"Permissions management"}, ""),
        ("Decrypt", {"Write"}, ""),
        ("AssumeRole", {"Write"}, ""),
        ("LookupEvents", {"Read"}, ""),
        ("CreateUser", {"Write", "Read"}, ""),
        ("GetUser", {"Read", ""}, ""),
        ("CreateUser", {""}, ""),
        ("GetUser", set(), ""),
        # A verb is a whole word.
        ("Getaway", {"Read"}, ""),
        ("Settle", {"Write"}, ""),
    ],
)
def test_reading_and_writing_are_said_where_name_and_level_agree(
    operation: str, levels: set[str], expected: str
) -> None:
    assert read_write(operation, levels) == expected


def test_most_operations_are_of_a_sure_kind(tables: Tables) -> None:
    kinds = dict(tables.aws_actions["read_write"].value_counts().rows())
    assert set(kinds) == {"read", "write", ""}
    assert kinds[""] / tables.aws_actions.height < 0.15


def test_resource_types_are_those_of_data_events(tables: Tables) -> None:
    typed = tables.aws_actions.filter(pl.col("resource_types").list.len() > 0)
    assert set(typed["recorded"]) == {"data"}
    found = {
        (service, operation): types
        for service, operation, types in typed.select("service", "operation", "resource_types").iter_rows()
    }
    assert found["s3", "GetObject"] == ["AWS::S3::Object"]
    assert found["kinesis", "SubscribeToShard"] == ["AWS::Kinesis::Stream", "AWS::Kinesis::StreamConsumer"]
    assert found["rds-data", "ExecuteStatement"] == ["AWS::RDS::DBCluster"]  # of the row of the whole source
    assert ("sns", "Publish") not in found  # to a phone number it is in no data event


@pytest.mark.skipif(not REAL.is_dir(), reason=f"needs the real account in {REAL}")
def test_real_records_say_the_same(tables: Tables, mapping: EventMapping) -> None:
    levels = dict(tables.iam_actions.select("action", "access_level").rows())
    sure, wrong = set(), set()
    for record in _records():
        source, name = record["eventSource"], record["eventName"]
        primary = mapping.map_event(source, name).primary
        kind = read_write(name, {levels[action] for action in primary})
        if kind:
            sure.add((source, name))
            if record["readOnly"] != (kind == "read"):
                wrong.add((source, name))
    assert wrong == set()
    assert len(sure) > 200


def _records() -> list[dict[str, Any]]:
    files = sorted(REAL.rglob("*.json.gz"))
    found = [record for file in files for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]
    return [record for record in found if record["eventType"] == "AwsApiCall"]
