"""The original's `athena:` block through the real command: the same lake, its cost, a killed run, the cleanup."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from random import Random

import dagster as dg
import polars as pl
import pytest

from assets.cloudtrail_usage.days import LogReading
from pipeline.lake import Lake
from pipeline.log_reading import log_reading
from pipeline.settings import load_settings
from tests.athena_server import OUTPUT, FakeAws
from tests.aws import upload
from tests.build import ACCOUNT, allow, iam, log_file, record, user
from tests.conftest import CHECKOUT, Account, Ask

pytestmark = pytest.mark.long


ALICE = user("alice", allow("s3:*"))
RUN = ("run", "--account", "demo", "--from", "2026-06-30")
TABLES = (
    "cloudtrail_usage",
    "role_assumptions",
    "session_usage",
    "log_coverage",
    "rejected_records",
    "principal_diffs",
)


@pytest.fixture
def logs(athena_aws: FakeAws, account: Account) -> str:
    """A bucket with the logs that lie beside the account; its name."""
    account.write_iam(iam(ALICE, user("bob", allow("s3:*"))))
    account.log(record(ALICE, "s3:ListBuckets", "2026-06-30T10:00:00Z"))
    account.log(record(ALICE, "s3:CreateBucket", "2026-06-30T10:00:00Z", errorCode="AccessDenied"))
    upload(athena_aws.url, account.logs, "command")
    return "command"


def _athena(aws: FakeAws, **more: object) -> dict[str, object]:
    return {
        "s3_bucket": "command",
        "path": "",
        "output_s3_bucket": f"s3://{OUTPUT}",
        "region": "us-east-1",
        "endpoint_url": aws.athena.url,
        **more,
    }


def test_a_run_makes_the_same_lake_and_says_what_it_cost(
    athena_aws: FakeAws, logs: str, account: Account, ask: Ask
) -> None:
    assert ask(*RUN).code == 0
    here = {table: _rows(account, table) for table in TABLES}
    account.configure(cloudtrail=None, athena=_athena(athena_aws))
    answer = ask(*RUN)
    assert answer.code == 0, answer.err
    size = sum(path.stat().st_size for path in account.logs.rglob("*.json.gz"))
    assert f"Athena scanned {size:,} bytes, about $0.000000" in answer.out
    assert len(athena_aws.athena.unloads) == 1
    for table in TABLES:
        assert _rows(account, table).equals(here[table])
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("log_coverage"))
        assert event is not None
        assert event.asset_materialization is not None
        metadata = event.asset_materialization.metadata
        assert metadata["athena_bytes_scanned"].value == size
        assert metadata["athena_cost_usd"].value == round(size * 5 / 2**40, 6)
    answer = ask("--account", "demo", "--user", "alice", "--show-used", "--start", "2026-06-30")
    assert "  s3:listallmybuckets" in answer.lines
    assert len(athena_aws.athena.unloads) == 1
    assert athena_aws.left_over() == []


def test_accounts_side_by_side_make_the_same_lake(athena_aws: FakeAws, account: Account, ask: Ask) -> None:
    listed = []
    for digit in "123":
        number, other = digit * 12, "s3:ListBuckets" if digit == "1" else "s3:CreateBucket"
        someone = user("alice", allow("s3:*"), account=number)
        (account.folder / f"{digit}.json").write_text(json.dumps(iam(someone)), encoding="utf-8")
        calls = [
            record(someone, other, f"2026-06-30T{hour:02}:00:00Z", recipientAccountId=number)
            for hour in range(int(digit))
        ]
        log_file(account.logs, calls, account=number)
        listed.append({"name": f"a{digit}", "id": number, "iam": f"{digit}.json"})
    accounts = [{**one, "taken_at": "2026-06-30T06:00:00Z"} for one in listed]
    account.configure(accounts=accounts)
    upload(athena_aws.url, account.logs, "command")
    run = ("run", "--account", "all", "--from", "2026-06-30", "--processes")
    assert ask(*run, "1").code == 0
    here = {table: _rows(account, table) for table in TABLES}
    assert here["cloudtrail_usage"].group_by("account").agg(pl.col("events").sum()).sort("account")[
        "events"
    ].to_list() == [1, 2, 3]
    shutil.rmtree(account.root)
    account.configure(accounts=accounts, cloudtrail=None, athena=_athena(athena_aws))
    answer = ask(*run, "2")
    assert answer.code == 0, answer.err
    for table in TABLES:
        assert _rows(account, table).equals(here[table]), table
    assert len(athena_aws.athena.unloads) == 3
    assert athena_aws.left_over() == []


def _rows(account: Account, table: str) -> pl.DataFrame:
    lake = Lake(account.root)
    return lake.scan(table, lake.partitions(table)).collect()


def test_a_scan_beyond_the_limit_ends_the_run(
    athena_aws: FakeAws, logs: str, account: Account, ask: Ask
) -> None:
    large = record(
        ALICE, "s3:ListBuckets", "2026-06-30T10:00:00Z", userAgent=Random(0).randbytes(200_000).hex()
    )
    log = account.log(large)
    upload(athena_aws.url, account.logs, "command")
    account.configure(cloudtrail=None, athena=_athena(athena_aws, max_scan_gb=0.0001))
    answer = ask(*RUN)
    assert answer.code == 5
    assert "more than 'athena.max_scan_gb: 0.0001' allows; nothing was queried" in answer.err
    assert not athena_aws.athena.queries
    athena_aws.s3.delete_object(Bucket="command", Key=log.relative_to(account.logs).as_posix())


def test_a_killed_run_stops_its_query(athena_aws: FakeAws, logs: str, account: Account) -> None:
    account.configure(cloudtrail=None, athena=_athena(athena_aws))
    athena_aws.athena.hang = True
    code = "from pipeline.cli.main import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *RUN], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        _wait(lambda: bool(athena_aws.athena.unloads))
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert "interrupted" in said
    assert athena_aws.athena.stopped == [query.id for query in athena_aws.athena.unloads]
    assert athena_aws.left_over() == []
    assert not Lake(account.root).partitions("log_coverage")


def _query(account: Account) -> None:
    """Read a day, without the rest of a run."""
    engine = log_reading(load_settings(account.config), Lake(account.root), None)
    assert list(engine.tables({ACCOUNT: [date(2026, 6, 30)]}))


def _wait(condition: object) -> None:
    deadline = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_cleanup_asks_and_removes_table_database_and_results(
    athena_aws: FakeAws, logs: str, account: Account, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.configure(cloudtrail=None, athena=_athena(athena_aws))
    assert ask("athena", "cleanup", "--yes").lines == ["Nothing of CloudTracker is there"]
    _query(account)
    athena_aws.s3.put_object(Bucket=OUTPUT, Key="cloudtracker/killed/unload/1", Body=b"x")
    ((_, table),) = athena_aws.athena.engine.tables
    told = [
        f"table cloudtracker.{table}",
        "database cloudtracker",
        f"1 object below s3://{OUTPUT}/cloudtracker/",
    ]
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    refused = ask("athena", "cleanup")
    assert (refused.code, refused.lines[:3]) == (2, told)
    assert "nothing was removed" in refused.err
    assert athena_aws.athena.engine.tables
    answer = ask("athena", "cleanup", "--yes")
    assert answer.lines == [*told, "Removed"]
    assert athena_aws.athena.engine.databases == {"default"}
    assert not athena_aws.athena.engine.tables
    assert athena_aws.left_over() == []


def test_a_database_of_others_stays(athena_aws: FakeAws, logs: str, account: Account, ask: Ask) -> None:
    account.configure(cloudtrail=None, athena=_athena(athena_aws, database="shared"))
    _query(account)
    engine = athena_aws.athena.engine
    engine.tables["shared", "sales"] = next(iter(engine.tables.values()))
    answer = ask("athena", "cleanup", "--yes")
    assert "database shared stays: it holds other tables (sales)" in answer.lines
    assert list(engine.tables) == [("shared", "sales")]


def test_cloudtrail_comes_before_athena(account: Account, ask: Ask) -> None:
    account.configure(athena={"s3_bucket": "my_log_bucket", "path": "my_prefix"})
    settings = load_settings(account.config)
    assert isinstance(log_reading(settings, Lake(account.root), None), LogReading)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"database": "Cloud-Tracker"}, "athena.database: 'Cloud-Tracker' is no such name"),
        ({"path": "it's"}, 'athena.path: "it\'s" is no such name'),
        ({"workgroup": "a b"}, "athena.workgroup: 'a b' is no such name"),
        ({"output_s3_bucket": "s3://a/b c"}, "athena.output_s3_bucket"),
        ({"region": "here"}, "athena.region: 'here' is no such name"),
        ({"max_scan_gb": 0}, "athena.max_scan_gb: 0 is not more than 0"),
        ({"databse": "x"}, "unknown key 'athena.databse'; did you mean 'database'"),
    ],
)
def test_wrong_keys_are_named(account: Account, ask: Ask, block: dict[str, object], said: str) -> None:
    account.configure(cloudtrail=None, athena={"s3_bucket": "my_log_bucket", **block})
    answer = ask(*RUN)
    assert answer.code == 2
    assert said in answer.err
