"""Files and Iceberg tables on S3 (moto), read back by Polars; Iceberg's files read by DuckDB, too."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from assets.errors import StorageError
from assets.warehouse.files import Files
from assets.warehouse.iceberg import Iceberg
from assets.warehouse.loads import Key, Share
from tests.assets.warehouse.odd_rows import ACCOUNTS, FIRST, TABLE, partition
from tests.assets.warehouse.places import SCHEMA, in_order, place
from tests.aws import CREDENTIALS, caller, moto_server

KEYS: list[Key] = [(FIRST, account) for account in ACCOUNTS]


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with moto_server() as url:
        caller("s3", url).create_bucket(Bucket="warehouse")
        yield url


@pytest.fixture
def storage(s3: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set boto3's own variables; return Polars' options."""
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL_S3": s3}.items():
        monkeypatch.setenv(name, value)
    return {
        "aws_endpoint_url": s3,
        "aws_allow_http": "true",
        "aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        "aws_region": "us-east-1",
    }


def _lake(word: str, count: int) -> dict[Key, pl.DataFrame]:
    return {key: partition(*key, count if key == KEYS[0] else 3, word) for key in KEYS}


def _share(lake: dict[Key, pl.DataFrame], *keys: Key) -> Share:
    return Share(TABLE, keys, lambda: iter([lake[key] for key in keys]))


def test_files(storage: dict[str, str]) -> None:
    there = Files("s3://warehouse/files/")
    for count in (5, 2, 0):
        lake = _lake(f"word{count}", count)
        there.replace([_share(lake, *KEYS)])
        found = pl.read_parquet(
            "s3://warehouse/files/diffs/**/*.parquet", hive_partitioning=False, storage_options=storage
        )
        assert in_order(found, TABLE).equals(in_order(pl.concat(lake.values()), TABLE))


def test_a_bucket_that_is_not_there(storage: dict[str, str]) -> None:
    lake = _lake("word", 1)
    with pytest.raises(StorageError, match="s3://nowhere/x/diffs/day=2026-06-01/.*NoSuchBucket"):
        Files("s3://nowhere/x").replace([_share(lake, *KEYS)])


def test_iceberg(storage: dict[str, str], s3: str, tmp_path: Path) -> None:
    from pyiceberg.catalog import load_catalog

    properties = {
        "type": "sql",
        "uri": f"sqlite:///{tmp_path}/catalog.db",
        "warehouse": "s3://warehouse/ice",
        "s3.endpoint": s3,
    }
    there = Iceberg("onS3", SCHEMA, properties)
    lake = _lake("old", 5)
    there.replace([_share(lake, *KEYS)])
    lake[KEYS[0]] = partition(*KEYS[0], 2, "new")
    there.replace([_share(lake, KEYS[0])])
    table = load_catalog("onS3", **properties).load_table((SCHEMA, TABLE.name))
    found = pl.scan_iceberg(table, storage_options=storage).collect()
    assert in_order(found, TABLE).equals(in_order(pl.concat(lake.values()), TABLE))
    assert table.metadata.location.startswith("s3://warehouse/ice")


def test_duckdb_reads_the_files_of_an_iceberg_table(tmp_path: Path) -> None:
    import duckdb
    from pyiceberg.catalog import load_catalog

    there = place("iceberg", tmp_path, "").warehouse
    assert isinstance(there, Iceberg)
    lake = _lake("old", 5)
    there.replace([_share(lake, *KEYS)])
    lake[KEYS[0]] = partition(*KEYS[0], 2, "new")
    there.replace([_share(lake, KEYS[0])])
    table = load_catalog("tests", **there.properties).load_table((SCHEMA, TABLE.name))
    files = [task.file.file_path.removeprefix("file://") for task in table.scan().plan_files()]
    found = duckdb.sql(f"SELECT * FROM read_parquet({files!r}, hive_partitioning = false)").to_arrow_table()
    assert in_order(pl.DataFrame(found), TABLE).equals(in_order(pl.concat(lake.values()), TABLE))
