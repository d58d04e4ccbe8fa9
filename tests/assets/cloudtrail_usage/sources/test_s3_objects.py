"""Objects of S3 over HTTP: fetched as they lie, or left to boto3; signed as boto3 signs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assets.cloudtrail_usage.sources.aws import Connection, client
from assets.cloudtrail_usage.sources.s3 import S3Logs
from assets.cloudtrail_usage.sources.s3_objects import Objects, objects
from assets.cloudtrail_usage.sources.source import LogFile
from tests.aws import CREDENTIALS, caller, moto_server
from tests.fault_proxy import Fault, Proxy, fault_proxy

BODY = b"\x1f\x8b, not inflated on the way"
# What S3's guide calls safe, what needs care, and what is to be avoided ("Naming Amazon S3 objects").
KEYS = (
    "AWSLogs/111111111111/CloudTrail/eu-west-1/2026/06/28/1.json.gz",
    "with space",
    "plus+",
    "per%20cent",
    "ünï",
    "a?b=c",
    "a#b",
    "a&b",
    "a*b",
    "a'b",
    "a\\b",
    "{a}",
    "[a]",
    "a|b",
    "^`~<>",
    "🙂",
)
# Those that are other keys, or none, to obstore.
LEFT_ALONE = ("/a", "a/", "a//b", "./a", "a/../b")


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def proxy(moto: str) -> Iterator[Proxy]:
    with fault_proxy(moto) as made:
        yield made


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**CREDENTIALS, "AWS_MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(name, value)


def _bucket(url: str, name: str, *keys: str, **more: Any) -> Any:
    s3 = caller("s3", url)
    s3.create_bucket(Bucket=name, **more)
    for key in keys:
        s3.put_object(Bucket=name, Key=key, Body=BODY + key.encode(), ContentEncoding="gzip")
    return s3


def _read(logs: S3Logs, *paths: str) -> list[bytes | OSError]:
    return list(logs.read_many([LogFile(path, 1) for path in paths]))


@pytest.mark.parametrize("key", KEYS)
def test_an_object_is_fetched_as_it_lies(moto: str, key: str) -> None:
    name = f"key-{KEYS.index(key)}"
    _bucket(moto, name, key)
    assert objects(name, Connection(endpoint_url=moto)).get(key) == BODY + key.encode()


def test_keys_that_obstore_spells_otherwise_are_left_to_boto3(moto: str) -> None:
    # Others lie where it would look for these.
    _bucket(moto, "slashes", "a", "b", "a/b", *LEFT_ALONE)
    connection = Connection(endpoint_url=moto)
    found = objects("slashes", connection)
    assert [found.get(key) for key in LEFT_ALONE] == [None] * len(LEFT_ALONE)
    assert found.get("a") == BODY + b"a"
    assert _read(S3Logs("slashes", connection=connection), *LEFT_ALONE) == [
        BODY + key.encode() for key in LEFT_ALONE
    ]


def test_what_is_not_there_refused_cut_or_throttled_is_left_to_boto3(moto: str, proxy: Proxy) -> None:
    _bucket(moto, "faults", "a", "b", "c", "d")
    found = objects("faults", Connection(endpoint_url=proxy.url))
    faults = {"a": "AccessDenied", "b": "cut", "c": "SlowDown", "d": "drop"}
    proxy.faults = [Fault(f"/faults/{key}", what) for key, what in faults.items()]
    assert [found.get(key) for key in ("a", "b", "c", "d", "nothing")] == [None] * 5
    # Once each: trying again is boto3's.
    assert [proxy.asked.count(f"/faults/{key}") for key in faults] == [1] * 4
    proxy.faults = []
    assert found.get("a") == BODY + b"a"


def test_it_is_asked_no_more_where_only_boto3_gets_anything(moto: str, proxy: Proxy) -> None:
    keys = [str(number) for number in range(8)]
    _bucket(moto, "elsewhere", *keys)
    logs = S3Logs("elsewhere", connection=Connection(endpoint_url=proxy.url))
    # The first request for each object fails: boto3's is the second, and it has one attempt.
    proxy.faults = [Fault(f"/elsewhere/{key}", "AccessDenied", times=1) for key in keys[:2]]
    assert [_read(logs, key) for key in keys[:3]] == [[BODY + key.encode()] for key in keys[:3]]
    assert [proxy.asked.count(f"/elsewhere/{key}") for key in keys[:3]] == [2, 2, 1]
    # The third went well, so that three more may fail.
    proxy.faults = [Fault(f"/elsewhere/{key}", "AccessDenied", times=1) for key in keys[3:6]]
    assert [_read(logs, key) for key in keys[3:]] == [[BODY + key.encode()] for key in keys[3:]]
    assert [proxy.asked.count(f"/elsewhere/{key}") for key in keys[3:6]] == [2, 2, 2]
    assert objects("elsewhere", logs.connection).get("7") is None
    assert [proxy.asked.count(f"/elsewhere/{key}") for key in keys[6:]] == [1, 1]


def test_what_boto3_is_refused_too_costs_no_chance(moto: str, proxy: Proxy) -> None:
    _bucket(moto, "refused", "good")
    logs = S3Logs("refused", connection=Connection(endpoint_url=proxy.url))
    proxy.faults = [Fault("/refused/bad", "AccessDenied")]
    assert all(isinstance(one, PermissionError) for one in _read(logs, "bad1", "bad2", "bad3", "bad4"))
    assert objects("refused", logs.connection).get("good") == BODY + b"good"


def test_requests_are_signed_for_the_buckets_region(moto: str, proxy: Proxy) -> None:
    there = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
    _bucket(moto, "far", "a", **there)
    assert objects("far", Connection(endpoint_url=proxy.url)).get("a") == BODY + b"a"
    assert "/eu-central-1/s3/" in proxy.signed[proxy.asked.index("/far/a")]


def test_a_role_that_is_assumed_signs(moto: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", moto)
    _bucket(moto, "role", "a", "b")
    connection = Connection(endpoint_url=proxy.url, role_arn="arn:aws:iam::111111111111:role/audit")
    assert objects("role", connection).get("a") == BODY + b"a"
    client("s3", connection).get_object(Bucket="role", Key="b")
    keys = {key: proxy.signed[proxy.asked.index(f"/role/{key}")].partition("/")[0] for key in ("a", "b")}
    assert keys["a"] == keys["b"]
    assert CREDENTIALS["AWS_ACCESS_KEY_ID"] not in keys["a"]


def test_variables_that_boto3_does_not_know_mean_nothing(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _bucket(moto, "variables", "a")
    for name, value in {
        "AWS_ENDPOINT": "http://127.0.0.1:1",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    }.items():
        monkeypatch.setenv(name, value)
    assert objects("variables", Connection(endpoint_url=moto)).get("a") == BODY + b"a"


@pytest.mark.parametrize("value", ["/nonexistent/bundle.pem", __file__])
def test_without_a_way_everything_is_boto3s(
    moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    name = f"bundle-{len(value)}"
    _bucket(moto, name, "a")
    monkeypatch.setenv("AWS_CA_BUNDLE", value)
    connection = Connection(endpoint_url=moto, region="us-east-1")
    assert objects(name, connection).get("a") is None
    assert _read(S3Logs(name, connection=connection), "a") == [BODY + b"a"]


def test_a_bucket_that_is_not_there_is_no_error_here(moto: str) -> None:
    assert objects("no-bucket", Connection(endpoint_url=moto)).get("a") is None
    assert Objects(None).get("a") is None
