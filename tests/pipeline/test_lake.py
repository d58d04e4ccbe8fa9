"""How partitions lie on disk: replaced whole, readable by any engine, the same bytes from the same rows."""

from datetime import UTC, date, datetime
from pathlib import Path
from unittest import mock

import duckdb
import polars as pl
import pytest

from assets.errors import StorageError
from assets.partitions import Partition
from pipeline import lake as module
from pipeline.inventory import inventory
from pipeline.lake import Lake, ensure_writable
from pipeline.tables import TABLES

PARTITION = Partition(date(2026, 6, 30), "012345678901")
_GRANTED = [("s3:X", ["a", "b"]), ("s3:X", []), ("s3:X", None), ("s3:Y", ["b"]), (None, ["a"])]


def _problems(*names: str) -> pl.DataFrame:
    rows = [(name, "missing_policy", "x") for name in names]
    return pl.DataFrame(rows, schema=dict(TABLES["grant_problems"].schema), orient="row")


def test_a_partition_lies_where_the_contract_says(tmp_path: Path) -> None:
    Lake(tmp_path).write("grant_problems", _problems("a"), PARTITION)
    path = tmp_path / "grant_problems" / "day=2026-06-30" / "account=012345678901" / "part-0.parquet"
    assert path.is_file()
    assert [file.name for file in path.parent.iterdir()] == ["part-0.parquet"]


def test_the_partition_columns_come_back_with_their_types(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write("grant_problems", _problems("a"), PARTITION)
    read = lake.scan("grant_problems", [PARTITION]).collect()
    assert (read["day"].item(), read["account"].item()) == (PARTITION.day, "012345678901")


def test_a_root_that_is_called_as_a_pattern_is_not_that_of_a_neighbour(tmp_path: Path) -> None:
    for name, rows in (("lake1", "a"), ("lake[1]", "bc")):
        Lake(tmp_path / name).write("grant_problems", _problems(*rows), PARTITION)
    lake = Lake(tmp_path / "lake[1]")
    assert lake.scan("grant_problems", [PARTITION]).collect()["principal_arn"].to_list() == ["b", "c"]
    assert inventory(lake, None, ["grant_problems"])["rows"].to_list() == [2]
    facts = pl.DataFrame(schema=dict(TABLES["iam_actions"].schema))
    lake.write("iam_actions", facts)
    assert lake.read("iam_actions").equals(facts)


@pytest.mark.parametrize("rows_a_group", [2, 250_000])
def test_codes_are_written_as_the_text_that_they_stand_for(tmp_path: Path, rows_a_group: int) -> None:
    lake, table = Lake(tmp_path), TABLES["expanded_grants"]
    rows = pl.DataFrame(
        [{**dict.fromkeys(table.schema), "action": action, "granted_by": ids} for action, ids in _GRANTED],
        schema=dict(table.schema),
        orient="row",
    )
    coded, stored = rows.with_columns(pl.col("action").cast(pl.Enum(["s3:W", "s3:X", "s3:Y"]))), []
    with mock.patch.object(module, "_CODED_ROW_GROUP", rows_a_group):
        for _ in range(2):
            lake.write("expanded_grants", coded, PARTITION)
            stored.append(lake.path("expanded_grants", PARTITION).read_bytes())
            read = lake.scan("expanded_grants", [PARTITION]).drop("day", "account").collect()
            assert read.equals(rows) and read.schema == rows.schema
    assert stored[0] == stored[1]
    # Names that no row bears are there only where there is more than one group of rows.
    assert (b"s3:W" in stored[0]) == (rows_a_group == 2)
    (counted,) = duckdb.sql(
        f"SELECT count(*) FROM read_parquet('{lake.path('expanded_grants', PARTITION)}')"
        " WHERE action = 's3:X' AND list_contains(granted_by, 'b')"
    ).fetchall()
    assert counted == (1,)


def test_a_partition_without_rows_is_still_a_file_with_its_columns(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write("grant_problems", _problems(), PARTITION)
    assert lake.partitions("grant_problems") == [PARTITION]
    assert lake.scan("grant_problems", [PARTITION]).collect().columns == [
        *TABLES["grant_problems"].schema,
        "day",
        "account",
    ]


def test_partitions_of_other_versions_are_read_together(tmp_path: Path) -> None:
    lake, names = Lake(tmp_path), list(TABLES["grant_problems"].schema)
    days = [Partition(date(2026, 6, day), PARTITION.account) for day in (28, 29, 30)]
    for day in days:
        lake.write("grant_problems", _problems(day.key), day)
    older, _, newer = (lake.path("grant_problems", day) for day in days)
    pl.read_parquet(older, hive_partitioning=False).drop("detail").write_parquet(older)
    rows = pl.read_parquet(newer, hive_partitioning=False).with_columns(more=pl.lit(1))
    rows.select("more", *reversed(names)).write_parquet(newer)
    for asked in (days, days[:1], days[2:]):
        read = lake.scan("grant_problems", asked).collect()
        assert read.columns == [*names, "day", "account"]
        assert read["principal_arn"].to_list() == [day.key for day in asked]
    assert lake.scan("grant_problems", days).collect()["detail"].to_list() == [None, "x", "x"]


def test_missing_partitions_have_the_columns_too(tmp_path: Path) -> None:
    empty = Lake(tmp_path).scan("principal_diffs", [PARTITION]).collect()
    assert empty.height == 0
    assert empty.columns == [*TABLES["principal_diffs"].schema, "day", "account"]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write("grant_problems", _problems("a", "b"), PARTITION)
    first = lake.path("grant_problems", PARTITION).read_bytes()
    lake.write("grant_problems", _problems("a", "b"), PARTITION)
    assert lake.path("grant_problems", PARTITION).read_bytes() == first


def test_other_columns_than_the_schemas_are_refused_and_the_old_rows_stay(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write("grant_problems", _problems("a"), PARTITION)
    with pytest.raises(StorageError, match="grant_problems: the columns are not those of its schema"):
        lake.write("grant_problems", _problems("b").drop("detail"), PARTITION)
    assert lake.scan("grant_problems", [PARTITION]).collect()["principal_arn"].to_list() == ["a"]


def test_a_file_bears_the_time_it_is_given(tmp_path: Path) -> None:
    lake, began = Lake(tmp_path), datetime(2026, 6, 30, 12, 0, 0, 123456, tzinfo=UTC)
    lake.write("grant_problems", _problems("a"), PARTITION, written_at=began)
    assert lake.written_at("grant_problems", PARTITION) == began


def test_an_unwritable_root_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(
        StorageError, match="cannot be written: .*; name another directory in 'storage: root'"
    ):
        ensure_writable(blocked / "lake")
    with pytest.raises(StorageError, match="cannot be written"):
        Lake(blocked).write("grant_problems", _problems("a"), PARTITION)


def test_an_unpartitioned_table_that_was_never_made_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="aws_actions: is not materialised .* run 'cloudtracker run'"):
        Lake(tmp_path).read("aws_actions")
