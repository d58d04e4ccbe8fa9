"""S3 on a bad day, through the real command: a complete table or a clear error, and the next run repairs it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from assets.cloudtrail_usage.reader import read_days
from assets.cloudtrail_usage.sources import aws
from assets.cloudtrail_usage.sources.aws import Connection
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.cloudtrail_usage.sources.s3 import AHEAD_BYTES, S3Logs
from assets.cloudtrail_usage.sources.source import LogFile, LogSource
from assets.errors import InputError
from assets.partitions import Partition
from assets.principal_diffs.coverage import Window
from pipeline.cli.bar import Bar
from pipeline.lake import Lake
from pipeline.plan import Plan, ranges
from pipeline.runs import carry_out, carry_out_all
from pipeline.settings import load_settings
from pipeline.usage_plan import stale_usage
from tests.assets.cloudtrail_usage.log_files import Made, as_bytes, made_of
from tests.aws import CREDENTIALS, moto_server, upload, without_aws_settings
from tests.build import ACCOUNT, allow, iam, log_file, record, user
from tests.conftest import Account, Ask
from tests.fault_proxy import Fault, Proxy, fault_proxy

pytestmark = pytest.mark.long


ALICE = user("alice", allow("s3:*"))
DAYS = [date(2026, 6, day) for day in (28, 29, 30)]
RUN = ("run", "--account", "demo", "--from", DAYS[0], "--to", DAYS[-1])
REPAIR = (*RUN, "--missing-only")
TABLES = ("cloudtrail_usage", "rejected_records", "log_coverage")
BUCKET = "logs"
PROGRAM = Path(sys.executable).parent / "cloudtracker"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def proxy(moto: str) -> Iterator[Proxy]:
    with fault_proxy(moto) as made:
        yield made


@pytest.fixture
def demo(account: Account, proxy: Proxy, moto: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Three days and two regions of logs in a bucket behind the proxy, and their copy on disk."""
    for name, value in {**CREDENTIALS, "AWS_MAX_ATTEMPTS": "3"}.items():
        monkeypatch.setenv(name, value)
    account.write_iam(iam(ALICE))
    for day in DAYS:
        for region in ("eu-west-1", "us-east-1"):
            for hour in (8, 9):
                calls = [record(ALICE, "s3:ListBuckets", f"{day}T{hour:02}:{n:02}:00Z") for n in range(5)]
                log_file(account.logs, calls, region=region, name=f"{hour}.json.gz")
    upload(moto, account.logs, BUCKET, _prefix(account))
    account.configure(cloudtrail={"path": f"s3://{BUCKET}/{_prefix(account)}", "endpoint_url": proxy.url})
    return account


def _prefix(demo: Account) -> str:
    return demo.folder.parent.name


def _logs(demo: Account, proxy: Proxy) -> S3Logs:
    return S3Logs(BUCKET, _prefix(demo), None, Connection(endpoint_url=proxy.url))


def _tables(demo: Account) -> list[pl.DataFrame]:
    lake = Lake(demo.root)
    partitions = [Partition(day, ACCOUNT) for day in DAYS]
    return [lake.scan(table, partitions).sort("day").drop("account").collect() for table in TABLES]


def _read(demo: Account, source: LogSource) -> list[Made]:
    return list(
        map(made_of, read_days(
            source, ACCOUNT, DAYS, late_days=1, late_from={}, now=datetime(2026, 9, 1, tzinfo=UTC),
            late_hours=24, staging=demo.folder / "staging", workers=1, secret=b"a secret of the tests",
        ))
    )  # fmt: skip


def _as_bytes(made: list[Made]) -> list[list[bytes]]:
    return [as_bytes(tables) for tables in made]


def _expected(demo: Account) -> list[pl.DataFrame]:
    made = _read(demo, LocalLogs(demo.logs))
    frames = [[one.usage.with_columns(day=day) for day, one in zip(DAYS, made, strict=True)]]
    frames.append([one.rejected.with_columns(day=day) for day, one in zip(DAYS, made, strict=True)])
    frames.append([one.coverage.with_columns(day=day) for day, one in zip(DAYS, made, strict=True)])
    return [pl.concat(parts) for parts in frames]


def _make_stale(demo: Account) -> None:
    """Make the usage that is missing or stale, and nothing else."""
    settings = load_settings(demo.config)
    stale = ranges(stale_usage(Lake(settings.root), settings, ACCOUNT, DAYS))
    with Bar() as bar:
        carry_out(settings, Plan(ACCOUNT, False, tuple(stale), (), ()), bar)


def _is_whole(demo: Account) -> bool:
    found, expected = _tables(demo), _expected(demo)
    assert expected[0]["events"].sum() == 60
    return all(one.select(two.columns).equals(two) for one, two in zip(found, expected, strict=True))


def _rejected(demo: Account) -> list[tuple[str, str]]:
    return [(file, reason) for file, reason in _tables(demo)[1].select("file", "reason").rows()]


def _complete(demo: Account) -> dict[tuple[date, str], bool]:
    rows = _tables(demo)[2].select("day", "region", "complete").rows()
    return {(day, region): complete for day, region, complete in rows}


def _path(day: date, region: str, name: str = "") -> str:
    return f"AWSLogs/{ACCOUNT}/CloudTrail/{region}/{day:%Y/%m/%d}/{name}"


@pytest.mark.parametrize("what", ["SlowDown", "drop", "cut", "NoSuchKey"])
def test_what_passes_is_tried_again(demo: Account, proxy: Proxy, what: str) -> None:
    proxy.faults = [Fault(_path(DAYS[0], "eu-west-1", "8.json"), what, times=2)]
    assert _as_bytes(_read(demo, _logs(demo, proxy))) == _as_bytes(_read(demo, LocalLogs(demo.logs)))
    assert len([path for path in proxy.asked if "eu-west-1/2026/06/28/8.json" in path]) == 3


def test_what_does_not_pass_is_a_row_and_the_next_run_repairs_it(
    demo: Account, proxy: Proxy, ask: Ask
) -> None:
    faults = {
        _path(DAYS[0], "us-east-1", "8.json.gz"): ("drop", "the connection broke"),
        _path(DAYS[0], "us-east-1", "9.json.gz"): ("SlowDown", "SlowDown"),
        _path(DAYS[1], "eu-west-1", "8.json.gz"): ("cut", "the connection broke"),
        _path(DAYS[1], "eu-west-1", "9.json.gz"): ("NoSuchKey", "NoSuchKey"),
    }
    proxy.faults = [Fault(path, what) for path, (what, _) in faults.items()]
    assert ask(*RUN).code == 0
    assert _rejected(demo) == [(path, "unreadable_file") for path in faults]
    details = _tables(demo)[1]["detail"].to_list()
    assert all(said in detail for detail, (_, said) in zip(details, faults.values(), strict=True))
    # A day is read from its own delivery day and the next.
    whole = {(DAYS[1], "us-east-1"), (DAYS[2], "us-east-1"), (DAYS[2], "eu-west-1")}
    assert {at for at, complete in _complete(demo).items() if complete} == whole
    assert _tables(demo)[0]["events"].sum() == 40
    proxy.faults = []
    assert ask(*REPAIR).code == 0
    assert _is_whole(demo)


def test_a_region_that_is_refused_does_not_hide_the_others(demo: Account, proxy: Proxy, ask: Ask) -> None:
    proxy.faults = [Fault(f"AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026", "AccessDenied")]
    assert ask(*RUN).code == 0
    assert _rejected(demo) == [(_path(day, "eu-west-1"), "access_denied") for day in DAYS]
    assert _complete(demo) == {(day, r): r == "us-east-1" for day in DAYS for r in ("eu-west-1", "us-east-1")}
    assert _tables(demo)[0]["events"].sum() == 30
    answer = ask("--account", "demo", "--user", "alice", "--start", DAYS[0])
    assert "no complete logs" in answer.err
    # The last day's next delivery day is refused as well, and belongs to no stored day: that one is read again.
    before = {path: path.stat().st_mtime_ns for path in demo.root.glob("cloudtrail_usage/**/*.parquet")}
    assert ask(*REPAIR).code == 0
    after = {path: path.stat().st_mtime_ns for path in demo.root.glob("cloudtrail_usage/**/*.parquet")}
    assert {path.parent.parent.name for path in before if before[path] != after[path]} == {f"day={DAYS[-1]}"}
    proxy.faults = []
    assert ask(*REPAIR).code == 0
    assert _is_whole(demo)


@pytest.mark.parametrize("where", [f"{ACCOUNT}/CloudTrail/", "json.gz", "2026/06", "2026/06/28/"])
def test_where_all_is_refused_nothing_is_made(demo: Account, proxy: Proxy, where: str) -> None:
    proxy.faults = [Fault(where, "AccessDenied")]
    with pytest.raises(InputError, match=rf"s3://{BUCKET}/.*{ACCOUNT}.*AccessDenied.*s3:GetObject"):
        _read(demo, _logs(demo, proxy))


def test_credentials_that_expire_on_the_way_end_the_run(demo: Account, proxy: Proxy) -> None:
    proxy.faults = [Fault("json.gz", "ExpiredToken", after=7)]
    with pytest.raises(
        InputError, match=r"json\.gz: ExpiredToken: the credentials have expired; get new ones"
    ):
        _make_stale(demo)
    proxy.faults = []
    _make_stale(demo)
    assert _is_whole(demo)


def test_new_objects_make_their_days_again(demo: Account, moto: str) -> None:
    _make_stale(demo)
    time.sleep(1.1)
    late = record(ALICE, "s3:DeleteBucket", f"{DAYS[0]}T23:59:00Z")
    demo.log(late, day=DAYS[2], name="late.json.gz")
    upload(moto, demo.logs / "AWSLogs", BUCKET, f"{_prefix(demo)}/AWSLogs")
    _make_stale(demo)
    used = _tables(demo)[0].filter(pl.col("event_name") == "DeleteBucket")
    assert used.select("day", "events").rows() == [(DAYS[0], 1)]
    assert _tables(demo)[2].filter(pl.col("day") == DAYS[0])["late_from"].to_list() == [[DAYS[2]]] * 2


def test_objects_are_fetched_side_by_side(demo: Account, proxy: Proxy) -> None:
    files = [LogFile(_path(DAYS[0], "eu-west-1", "8.json.gz"), 500)] * 96
    proxy.faults = [Fault("json.gz", "slow")]
    contents = list(_logs(demo, proxy).read_many(files))
    assert set(contents) == {(demo.logs / files[0].path).read_bytes()}
    assert 4 < proxy.busiest <= aws.CONNECTIONS


def test_little_is_held_in_memory(demo: Account, proxy: Proxy) -> None:
    half = LogFile(_path(DAYS[0], "eu-west-1", "8.json.gz"), AHEAD_BYTES // 2)
    contents = _logs(demo, proxy).read_many([half] * 12)
    next(contents)
    time.sleep(0.5)
    assert len([path for path in proxy.asked if path.endswith(half.path)]) == 2
    assert len(list(contents)) == 11


def test_ten_accounts_share_the_clients_and_one_that_fails_does_not_stop_the_nine(
    demo: Account, proxy: Proxy, moto: str
) -> None:
    ids = [f"{number}" * 12 for number in range(10)]
    logs = demo.folder / "ten"
    for account in ids:
        call = record(ALICE, "s3:ListBuckets", f"{DAYS[0]}T10:00:00Z", recipientAccountId=account)
        log_file(logs, [call], account=account)
    upload(moto, logs, BUCKET, "ten")
    demo.configure(
        accounts=[{"name": f"a{account[0]}", "id": account} for account in ids],
        cloudtrail={"path": f"s3://{BUCKET}/ten", "endpoint_url": proxy.url},
    )
    proxy.faults = [Fault("444444444444/CloudTrail/", "AccessDenied")]
    clients = aws._client.cache_info().misses
    settings, day = load_settings(demo.config), Window(DAYS[0], DAYS[0])
    with Bar() as bar:
        failed = carry_out_all(
            settings, settings.accounts, lambda one: Plan(one.id, False, (day,), (), ()), bar
        )
    assert list(failed) == ["a4"]
    assert f"s3://{BUCKET}/ten/AWSLogs/444444444444/CloudTrail/: AccessDenied" in str(failed["a4"])
    lake = Lake(demo.root)
    made = lake.scan("cloudtrail_usage", lake.partitions("log_coverage")).collect()
    assert sorted(made.select("account", "events").rows()) == [
        (account, 1) for account in ids if account[0] != "4"
    ]
    # One that asks whether S3 can be reached, one that reads.
    assert aws._client.cache_info().misses - clients == 2


def test_a_closed_port_is_said_within_seconds(demo: Account, ask: Ask) -> None:
    demo.configure(cloudtrail={"path": "s3://some-bucket", "endpoint_url": "http://127.0.0.1:9"})
    began = time.monotonic()
    answer = ask("--account", "demo", "--list", "users")
    assert answer.code == 5
    assert "s3://some-bucket/AWSLogs/111111111111/CloudTrail/: AWS cannot be reached" in answer.err
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("cloudtrail", "environment", "said"),
    [
        ({}, {"AWS_EC2_METADATA_DISABLED": "true"}, "no AWS credentials"),
        ({"profile": "nobody"}, {}, "no AWS credentials: The config profile (nobody) could not be found"),
        ({"region": "mars north"}, CREDENTIALS, "mars north"),
    ],
)
def test_what_is_missing_is_said_within_seconds(
    demo: Account, cloudtrail: dict[str, str], environment: dict[str, str], said: str
) -> None:
    demo.configure(cloudtrail={"path": "s3://some-bucket", **cloudtrail})
    none = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    ended = subprocess.run(
        [PROGRAM, "--account", "demo", "--list", "users"],
        cwd=demo.folder,
        env={**without_aws_settings(), **none, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    assert said in ended.stderr
    assert "s3://some-bucket" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
