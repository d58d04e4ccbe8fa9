"""Logs in S3 over HTTP: the same tables as from a directory, and places that are not there."""

import pickle
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.cloudtrail_usage.reader import read_days
from assets.cloudtrail_usage.sources.aws import Connection, client
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.cloudtrail_usage.sources.s3 import S3Logs
from assets.cloudtrail_usage.sources.source import Folder, LogSource
from assets.errors import InputError
from pipeline.data_files import DATA_FILES
from tests.assets.cloudtrail_usage.log_files import ACCOUNT, DAY, Made, as_bytes, event, made_of, put
from tests.aws import CREDENTIALS, caller, moto_server, upload
from tests.conftest import SHARED

LONG_AFTER = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def _logs(url: str, bucket: str, prefix: str = "", org_id: str | None = None) -> S3Logs:
    return S3Logs(bucket, prefix, org_id, Connection(endpoint_url=url))


def _read(source: LogSource, staging: Path, account: str, days: list[date], **more: Any) -> list[Made]:
    options: dict[str, Any] = {"workers": 1, "late_from": {}, "late_days": 1, "late_hours": 24, **more}
    options["secret"] = b"a secret of the tests"
    made = read_days(source, account, days, now=LONG_AFTER, staging=staging, **options)
    return [made_of(tables) for tables in made]


def _compared(root: Path, source: S3Logs, staging: Path, account: str, days: list[date], **more: Any) -> None:
    here = _read(LocalLogs(root, source.org_id), staging, account, days, **more)
    there = _read(source, staging, account, days, **more)
    assert len(there) == len(days)
    assert sum(tables.usage["events"].sum() for tables in here) > 0
    assert [as_bytes(tables) for tables in there] == [as_bytes(tables) for tables in here]


def test_the_sample_gives_the_same_bytes_from_s3(moto: str, tmp_path: Path) -> None:
    root = DATA_FILES / "sample" / "logs"
    upload(moto, root, "sample", "some/where")
    days = [date(2026, 6, 24) + timedelta(days=n) for n in range(4)]
    _compared(root, _logs(moto, "sample", "some/where"), tmp_path, ACCOUNT, days)


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the shared data {SHARED}")
def test_the_real_account_gives_the_same_bytes_from_s3(moto: str, tmp_path: Path) -> None:
    root = SHARED / "real-account"
    upload(moto, root, "real")
    _compared(root, _logs(moto, "real"), tmp_path, "123837392027", [date(2023, 7, 10)])


def test_processes_read_s3_too(moto: str, tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for region in ("eu-west-1", "us-east-1"):
        for number in range(12):
            name = f"{number}.json.gz"
            put(root, [event(f"{region}{number}{n}") for n in range(20)], name, region=region)
    put(root, b"no json", "bad.json")
    put(root, b"text", "notes.txt")
    upload(moto, root, "processes")
    _compared(root, _logs(moto, "processes"), tmp_path / "s", ACCOUNT, [DAY], workers=2, small_bytes=1)


def test_logs_of_an_organisation(moto: str, tmp_path: Path) -> None:
    put(tmp_path, [event("1")], account=f"o-myid123/{ACCOUNT}")
    upload(moto, tmp_path, "organisation", "p")
    logs = _logs(moto, "organisation", "p", "o-myid123")
    _compared(tmp_path, logs, tmp_path / "s", ACCOUNT, [DAY])
    assert _logs(moto, "organisation", "p").regions(ACCOUNT) == []
    with pytest.raises(InputError, match=r"s3://organisation/p: no CloudTrail logs here.*o-other"):
        _logs(moto, "organisation", "p", "o-other").regions(ACCOUNT)


def test_regions_are_found_in_the_bucket_and_pages_are_followed(
    moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    s3 = caller("s3", moto)
    s3.create_bucket(Bucket="pages")
    base = f"AWSLogs/{ACCOUNT}/CloudTrail"
    for number in range(25):
        s3.put_object(Bucket="pages", Key=f"{base}/cn-north-1/2024/03/05/{number:04}.json.gz", Body=b"x")
    s3.put_object(Bucket="pages", Key=f"{base}/us-gov-west-1/2024/03/05/", Body=b"")
    s3.put_object(Bucket="pages", Key=f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/eu-west-1/a.json.gz", Body=b"x")
    logs = _logs(moto, "pages")
    assert logs.regions(ACCOUNT) == ["cn-north-1", "us-gov-west-1"]
    assert logs.regions("222222222222") == []
    folders = [
        Folder("cn-north-1", DAY),
        Folder("us-gov-west-1", DAY),
        Folder("cn-north-1", date(2024, 3, 6)),
    ]
    first, *others = logs.list_many(ACCOUNT, folders)
    assert not isinstance(first, OSError)
    assert len(first) == 25
    assert list(first) == sorted(first)
    assert first[7] == (f"{base}/cn-north-1/2024/03/05/0007.json.gz", 1)
    assert others == [[], []]


def test_changed_is_the_newest_object_of_a_day(moto: str, tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    put(tmp_path, [event("1")])
    upload(moto, tmp_path, "changed")
    changed = _logs(moto, "changed").changed(ACCOUNT, [DAY, date(2024, 3, 6)])
    assert set(changed) == {DAY}
    assert before < changed[DAY] <= datetime.now(UTC) + timedelta(seconds=1)


def test_of_many_days_the_regions_are_asked_for_once(
    moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, [event("1")])
    upload(moto, tmp_path, "many-days")
    asked: list[str] = []
    regions = S3Logs.regions

    def counted(logs: S3Logs, account: str) -> Sequence[str]:
        asked.append(account)
        return regions(logs, account)

    monkeypatch.setattr(S3Logs, "regions", counted)
    logs = _logs(moto, "many-days")
    assert set(logs.changed(ACCOUNT, [DAY + timedelta(days=n) for n in range(5)])) == {DAY}
    assert asked == [ACCOUNT]
    assert logs.changed(ACCOUNT, []) == {}
    assert asked == [ACCOUNT]


def test_a_place_that_is_not_there_is_named(moto: str) -> None:
    with pytest.raises(InputError, match=r"s3://nowhere/AWSLogs/.*NoSuchBucket.*check 'cloudtrail"):
        _logs(moto, "nowhere").regions(ACCOUNT)
    caller("s3", moto).create_bucket(Bucket="empty")
    with pytest.raises(
        InputError, match=r"s3://empty/p: no CloudTrail logs here, looked for s3://empty/p/AWSLogs/"
    ):
        _logs(moto, "empty", "p").regions(ACCOUNT)


def test_it_can_be_sent_to_another_process(moto: str) -> None:
    logs = _logs(moto, "bucket", "prefix", "o-x")
    assert pickle.loads(pickle.dumps(logs)) == logs
    assert logs.label == "s3://bucket/prefix"


def test_a_role_is_assumed_where_the_configuration_names_one(
    moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", moto)
    put(tmp_path, [event("1")])
    upload(moto, tmp_path, "role")
    role = "arn:aws:iam::111111111111:role/audit"
    connection = Connection(endpoint_url=moto, role_arn=role)
    assert S3Logs("role", connection=connection).regions(ACCOUNT) == ["us-east-1"]
    assert ":assumed-role/audit/cloudtracker" in client("sts", connection).get_caller_identity()["Arn"]
