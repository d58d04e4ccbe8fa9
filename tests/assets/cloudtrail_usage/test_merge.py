from pathlib import Path

import polars as pl
import pytest

from assets.cloudtrail_usage.keys import KEY_SCHEMA
from assets.cloudtrail_usage.merge import merge_day
from assets.cloudtrail_usage.schema import CLOUDTRAIL_USAGE
from assets.cloudtrail_usage.staging import write_keys, write_rows
from assets.errors import RunError

NOON = 1_709_640_000_000_000


def _keys(codes: dict[str, int]) -> pl.DataFrame:
    rows = [
        (
            "arn",
            "id",
            "account",
            "user",
            "s3",
            name,
            "AwsApiCall" if name < "X" else "Other",
            "ok",
            False,
            "",
            "",
            code,
        )
        for name, code in codes.items()
    ]
    return pl.DataFrame(rows, schema={**KEY_SCHEMA, "code": pl.UInt64()}, orient="row")


def _rows(rows: list[tuple[str, int, int, int]]) -> pl.DataFrame:
    schema = {"id": pl.String(), "code": pl.UInt64(), "time": pl.Int64(), "region": pl.UInt16()}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(session_code=pl.lit(0, pl.UInt64))


def test_a_large_day_merged_in_parts_is_the_same(tmp_path: Path) -> None:
    rows = [(f"e{n % 70}", 2**64 - 1 - n % 4, NOON + n % 9, n % 3) for n in range(200)]
    write_rows(tmp_path, 5, "a", _rows(rows[:90]))
    write_rows(tmp_path, 5, "b", _rows(rows[90:]))
    keys = {"A": 2**64 - 1, "B": 2**64 - 2, "C": 2**64 - 3, "X": 2**64 - 4}
    write_keys(tmp_path, 5, "a", _keys(keys))
    write_keys(tmp_path, 5, "b", _keys(keys))
    whole = merge_day(tmp_path, 5, 200)
    parts = merge_day(tmp_path, 5, 200, rows_at_a_time=17)
    assert whole.usage["events"].sum() == 70
    assert whole.counts.select(pl.exclude("region")).sum().sum_horizontal().item() == 200
    assert parts.usage.equals(whole.usage)
    assert parts.counts.sort("region").equals(whole.counts.sort("region"))


def test_keys_that_share_a_code_are_refused(tmp_path: Path) -> None:
    write_rows(tmp_path, 5, "a", _rows([("e", 7, NOON, 0)]))
    write_keys(tmp_path, 5, "a", _keys({"A": 7}))
    write_keys(tmp_path, 5, "b", _keys({"B": 7}))
    with pytest.raises(RunError, match="same code"):
        merge_day(tmp_path, 5, 1)


def test_a_day_without_rows(tmp_path: Path) -> None:
    merged = merge_day(tmp_path, 5, 0)
    assert dict(merged.usage.schema) == CLOUDTRAIL_USAGE
    assert (merged.usage.height, merged.counts.height) == (0, 0)
