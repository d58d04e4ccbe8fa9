from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import polars as pl
import pytest

from assets.cloudtrail_usage.event_ids import numbers_of
from assets.cloudtrail_usage.keys import ACTOR_SCHEMA, KIND_SCHEMA, PAIR_SCHEMA, KeyTables
from assets.cloudtrail_usage.merge import MergedDay, merge_day
from assets.cloudtrail_usage.schema import CLOUDTRAIL_USAGE
from assets.cloudtrail_usage.staging import write_keys, write_rows
from assets.errors import RunError

NOON = 1_709_640_000_000_000


def _keys(codes: dict[str, int]) -> KeyTables:
    """Return keys of one actor; its code is 0, so that kinds have the codes of the keys."""
    kinds = [
        ("s3", name, "AwsApiCall" if name < "X" else "Other", "ok", "", code) for name, code in codes.items()
    ]
    return KeyTables(
        pl.DataFrame([("arn", "id", "account", "user", False, "", 0)], schema=ACTOR_SCHEMA, orient="row"),
        pl.DataFrame(kinds, schema=KIND_SCHEMA, orient="row"),
        pl.DataFrame([(0, code, code) for code in codes.values()], schema=PAIR_SCHEMA, orient="row"),
    )


def _rows(rows: list[tuple[str, int, int, int]]) -> pl.DataFrame:
    schema = {"id": pl.String(), "code": pl.UInt64(), "time": pl.Int64(), "region": pl.UInt16()}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(session_code=pl.lit(0, pl.UInt64))


KEYS = _keys({"A": 2**64 - 1, "B": 2**64 - 2, "C": 2**64 - 3, "X": 2**64 - 4})


def _events(id_of: Callable[[int], str]) -> list[tuple[str, int, int, int]]:
    """Return 200 events with 70 ids: copies differ in everything."""
    return [(id_of(n % 70), 2**64 - 1 - n % 4, NOON + n % 9, n % 3) for n in range(200)]


def _same(made: MergedDay, whole: MergedDay) -> None:
    assert whole.usage["events"].sum() == 70
    assert whole.counts.select(pl.exclude("region")).sum().sum_horizontal().item() == 200
    assert made.usage.equals(whole.usage)
    assert made.counts.sort("region").equals(whole.counts.sort("region"))


def test_a_large_day_merged_in_parts_is_the_same(tmp_path: Path) -> None:
    rows = _events(lambda n: f"e{n}")
    # So many files that several processes cut them: copies must come together all the same.
    for start in range(0, len(rows), 10):
        write_rows(tmp_path, 5, f"{start:03}", _rows(rows[start : start + 10]))
        write_keys(tmp_path, 5, f"{start:03}", KEYS)
    whole = merge_day(tmp_path, 5)
    _same(merge_day(tmp_path, 5, rows_at_a_time=17), whole)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        _same(merge_day(tmp_path, 5, pool.map, rows_at_a_time=17), whole)


def test_ids_that_are_numbers_are_merged_as_their_text(tmp_path: Path) -> None:
    rows = _rows(_events(lambda n: str(uuid5(NAMESPACE_URL, str(n)))))
    numbers = numbers_of(rows["id"].to_list())
    assert numbers is not None
    as_numbers = rows.with_columns(id=numbers)
    folders = {}
    for name, first, second in (
        ("text", rows, rows), ("numbers", as_numbers, as_numbers), ("both", rows, as_numbers),
    ):  # fmt: skip
        folders[name] = tmp_path / name
        write_rows(folders[name], 5, "a", first[:90])
        write_rows(folders[name], 5, "b", second[90:])
        write_keys(folders[name], 5, "a", KEYS)
    whole = merge_day(folders["text"], 5)
    for name in ("numbers", "both"):
        _same(merge_day(folders[name], 5), whole)
        _same(merge_day(folders[name], 5, rows_at_a_time=17), whole)


def test_keys_that_share_a_code_are_refused(tmp_path: Path) -> None:
    write_rows(tmp_path, 5, "a", _rows([("e", 7, NOON, 0)]))
    write_keys(tmp_path, 5, "a", _keys({"A": 7}))
    write_keys(tmp_path, 5, "b", _keys({"B": 7}))
    with pytest.raises(RunError, match="same code"):
        merge_day(tmp_path, 5)


def test_a_day_without_rows(tmp_path: Path) -> None:
    merged = merge_day(tmp_path, 5)
    assert dict(merged.usage.schema) == CLOUDTRAIL_USAGE
    assert (merged.usage.height, merged.counts.height) == (0, 0)
