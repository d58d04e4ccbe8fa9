from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import polars as pl
import pytest

from assets.cloudtrail_usage.event_ids import numbers_of
from assets.cloudtrail_usage.keys import ACTOR_SCHEMA, KIND_SCHEMA, PAIR_SCHEMA, KeyTables
from assets.cloudtrail_usage.lines import Lines
from assets.cloudtrail_usage.merge import MergedDay, merge_day
from assets.cloudtrail_usage.schema import CLOUDTRAIL_USAGE, ROLE_ASSUMPTIONS
from assets.cloudtrail_usage.session_keys import SESSION_SCHEMA
from assets.cloudtrail_usage.staging import write_keys, write_rows, write_staged
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
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(session_code=(pl.col("time") % 4).cast(pl.UInt64))


KEYS = _keys({"A": 2**64 - 1, "B": 2**64 - 2, "C": 2**64 - 3, "X": 2**64 - 4})
# The last is a service's.
SESSIONS = pl.DataFrame(
    [(f"AROA:{n}", f"key{n}", None, "", "", "", "", n) for n in (1, 2, 3)],
    schema={**SESSION_SCHEMA, "session_code": pl.UInt64()},
    orient="row",
)
ISSUED = pl.DataFrame(
    [{name: "" for name, dtype in ROLE_ASSUMPTIONS.items() if dtype == pl.String}],
).with_columns(
    **{name: pl.lit(None, dtype) for name, dtype in ROLE_ASSUMPTIONS.items() if dtype != pl.String},
    key=pl.lit("key3"),
    service=pl.lit("lambda.amazonaws.com"),
    caller_type=pl.lit("service"),
)


def _events(id_of: Callable[[int], str]) -> list[tuple[str, int, int, int]]:
    """Return 200 events, 40 ids with copies that differ in everything and 90 without."""
    ids = [id_of(n % 40) for n in range(110)] + [id_of(n) for n in range(40, 130)]
    return [(one, 2**64 - 1 - n % 4, NOON + n % 9, n % 3) for n, one in enumerate(ids)]


def _staged(folder: Path, *files: pl.DataFrame) -> Path:
    """Stage the rows of a day, a file each."""
    for number, rows in enumerate(files):
        write_rows(folder, 5, f"{number:03}", rows)
        write_keys(folder, 5, f"{number:03}", KEYS)
    write_staged(folder, 5, "sessions", "a", SESSIONS)
    write_staged(folder, 5, "assumed", "a", ISSUED.select(*ROLE_ASSUMPTIONS))
    return folder


def _same(made: MergedDay, whole: MergedDay) -> None:
    assert whole.usage["events"].sum() == 130
    sessions = whole.sessions.lazy().collect()
    assert 0 < sessions["events"].sum() < 130
    assert sessions["service"].unique().sort().to_list() == ["", "lambda.amazonaws.com"]
    assert whole.counts.select(pl.exclude("region")).sum().sum_horizontal().item() == 200
    assert whole.counts["duplicates"].sum() == 70
    assert made.usage.equals(whole.usage)
    assert made.counts.sort("region").equals(whole.counts.sort("region"))
    assert made.sessions.lazy().collect().equals(sessions)
    assert made.assumptions.lazy().collect().equals(whole.assumptions.lazy().collect())


def test_a_large_day_merged_in_parts_is_the_same(tmp_path: Path) -> None:
    rows = _rows(_events(lambda n: f"e{n}"))
    # So many files that several processes cut them: copies must come together all the same.
    files = [rows[start : start + 10] for start in range(0, rows.height, 10)]
    folders = [_staged(tmp_path / name, *files) for name in ("whole", "parts", "processes")]
    whole = merge_day(folders[0], 5)
    _same(merge_day(folders[1], 5, rows_at_a_time=17), whole)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        _same(merge_day(folders[2], 5, pool.map, rows_at_a_time=17), whole)


def test_ids_that_are_numbers_are_merged_as_their_text(tmp_path: Path) -> None:
    rows = _rows(_events(lambda n: str(uuid5(NAMESPACE_URL, str(n)))))
    numbers = numbers_of(Lines(rows["id"].to_list()))
    assert numbers is not None
    as_numbers = rows.with_columns(id=numbers)
    whole = merge_day(_staged(tmp_path / "text", rows[:90], rows[90:]), 5)
    for name, first, second in (("numbers", as_numbers, as_numbers), ("both", rows, as_numbers)):
        for at_a_time in (1000, 17):
            folder = _staged(tmp_path / f"{name}{at_a_time}", first[:90], second[90:])
            _same(merge_day(folder, 5, rows_at_a_time=at_a_time), whole)


def test_a_day_that_was_delivered_twice_is_that_day(tmp_path: Path) -> None:
    rows = _rows(_events(lambda n: f"e{n}"))
    once = merge_day(_staged(tmp_path / "once", rows), 5)
    for at_a_time in (1000, 17):
        twice = merge_day(_staged(tmp_path / f"{at_a_time}", rows, rows), 5, rows_at_a_time=at_a_time)
        assert twice.usage.equals(once.usage)
        assert twice.sessions.lazy().collect().equals(once.sessions.lazy().collect())
        assert twice.counts["duplicates"].sum() == 270


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
