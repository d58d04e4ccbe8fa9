"""Queries that fail, are throttled or cost too much; what is left behind; names that are none."""

from pathlib import Path

import pytest

from assets.cloudtrail_usage.athena.log_table import LogTable
from assets.errors import ConfigError, RunError
from tests.assets.cloudtrail_usage.athena.readings import made, reading
from tests.assets.cloudtrail_usage.log_files import ACCOUNT, DAY, event, put
from tests.athena_server import FakeAws
from tests.aws import upload


@pytest.fixture
def logs(athena_aws: FakeAws, tmp_path: Path) -> str:
    """A bucket with one log."""
    put(tmp_path / "logs", [event("1")])
    upload(athena_aws.url, tmp_path / "logs", "logs")
    return "logs"


def test_a_failed_query_gives_the_reason_of_aws_and_leaves_nothing(athena_aws: FakeAws, logs: str) -> None:
    athena_aws.athena.fail = "Query exhausted resources at this scale factor"
    with pytest.raises(RunError, match=r"Athena: query [0-9a-f-]{36} failed: Query exhausted resources"):
        made(reading(athena_aws, logs), ACCOUNT, [DAY])
    assert athena_aws.left_over() == []
    athena_aws.athena.fail = ""
    assert made(reading(athena_aws, logs), ACCOUNT, [DAY])[0].usage["events"].sum() == 1


def test_a_failure_that_names_a_file_nobody_listed_is_no_reason_to_go_on(
    athena_aws: FakeAws, logs: str
) -> None:
    athena_aws.athena.fail = "HIVE_CURSOR_ERROR: Failed to read file at s3://logs/AWSLogs/other.json.gz"
    with pytest.raises(RunError, match=r"HIVE_CURSOR_ERROR"):
        made(reading(athena_aws, logs), ACCOUNT, [DAY])
    assert len(athena_aws.athena.unloads) == 1


def test_a_throttled_start_is_tried_again(athena_aws: FakeAws, logs: str) -> None:
    athena_aws.athena.throttle = 2
    assert made(reading(athena_aws, logs), ACCOUNT, [DAY])[0].usage["events"].sum() == 1
    assert athena_aws.athena.throttle == 0


def test_what_aws_refuses_is_said_as_aws_says_it(athena_aws: FakeAws, logs: str) -> None:
    athena_aws.athena.refuse = "You are not authorized to perform: athena:StartQueryExecution"
    with pytest.raises(RunError, match=r"^Athena: AccessDeniedException: You are not authorized"):
        made(reading(athena_aws, logs), ACCOUNT, [DAY])
    assert athena_aws.left_over() == []


def test_a_scan_that_is_too_large_is_refused_before_any_query(athena_aws: FakeAws, logs: str) -> None:
    with pytest.raises(RunError, match=r"would scan .* GB \(about \$0.00\) .*'athena.max_scan_gb: 1e-07'"):
        made(reading(athena_aws, logs, max_scan_gb=1e-7), ACCOUNT, [DAY])
    assert not athena_aws.athena.queries
    assert made(reading(athena_aws, logs, max_scan_gb=1.0), ACCOUNT, [DAY])


def test_without_setup_nothing_is_made(athena_aws: FakeAws, logs: str) -> None:
    with pytest.raises(RunError, match="TABLE_NOT_FOUND"):
        made(reading(athena_aws, logs, skip_setup=True), ACCOUNT, [DAY])
    made(reading(athena_aws, logs), ACCOUNT, [DAY])
    before = len(athena_aws.athena.queries)
    made(reading(athena_aws, logs, skip_setup=True), ACCOUNT, [DAY])
    assert len(athena_aws.athena.queries) == before + 1


def test_a_file_that_athena_never_reports_is_not_covered(
    athena_aws: FakeAws, logs: str, tmp_path: Path
) -> None:
    # A table whose reader passes over a file in silence: the file is looked into, and its records are missed.
    put(tmp_path / "more", [event("2")], "unseen.json.gz")
    upload(athena_aws.url, tmp_path / "more", logs)
    athena_aws.athena.engine.blind_to = "unseen"
    try:
        (tables,) = made(reading(athena_aws, logs), ACCOUNT, [DAY])
    finally:
        athena_aws.athena.engine.blind_to = ""
        athena_aws.s3.delete_object(
            Bucket=logs, Key=f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2024/03/05/unseen.json.gz"
        )
    assert tables.rejected.select("position", "reason", "detail").rows() == [
        (-1, "unreadable_file", "Athena reported no record of it")
    ]
    assert tables.coverage["complete"].to_list() == [False]


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (("x; DROP", "bucket"), "database"),
        (("x", "bucket'"), "s3_bucket"),
        (("x", "bucket", "a'b"), "path"),
        (("x", "bucket", "${day}"), "path"),
        (("x", "bucket", "", "o-'x"), "org_id"),
    ],
)
def test_names_that_are_none_never_reach_a_statement(names: tuple[str, ...], key: str) -> None:
    with pytest.raises(ConfigError, match=rf"athena\.{key}: .* is no such name"):
        LogTable(*names)
