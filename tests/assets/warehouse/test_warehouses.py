"""What holds in every warehouse: after each load its rows are those of the lake, each once."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.errors import StorageError
from assets.warehouse.contract import Column, Published
from assets.warehouse.loads import Key, Share
from assets.warehouse.through_dlt import ThroughDlt
from tests.assets.warehouse.odd_rows import ACCOUNTS, FIRST, HISTORY, TABLE, partition
from tests.assets.warehouse.places import KINDS, Place, in_order, place

# A file has the columns and types that it was written with: there is no table around it.
WITH_TABLES = [kind for kind in KINDS if kind != "files"]


@pytest.fixture(params=KINDS)
def there(request: pytest.FixtureRequest, tmp_path: Path, dsn: str) -> Place:
    return place(request.param, tmp_path, dsn)


def _share(lake: dict[Key, pl.DataFrame], keys: list[Key], table: Published = TABLE) -> Share:
    return Share(table, keys, lambda: iter([lake[key] for key in keys if lake[key].height]))


def _is_the_lake(there: Place, lake: dict[Key, pl.DataFrame]) -> None:
    expected = in_order(pl.concat(lake.values()), TABLE)
    found = there.rows(TABLE)
    assert found.equals(expected), (found, expected)


def test_thirty_days_and_ten_of_them_again(there: Place) -> None:
    days = [FIRST + timedelta(days=n) for n in range(30)]
    lake: dict[Key, pl.DataFrame] = {
        (day, account): partition(day, account, 7, "old") for day in days for account in ACCOUNTS
    }
    counts = there.warehouse.replace([_share(lake, list(lake))])
    assert counts == {"diffs": 30 * 2 * 7}
    _is_the_lake(there, lake)
    chosen = random.Random(7).sample(days, 10)
    for some in (chosen[:1], chosen[1:5], chosen[5:]):
        keys: list[Key] = [(day, ACCOUNTS[0]) for day in some]
        for day in some:
            lake[(day, ACCOUNTS[0])] = partition(day, ACCOUNTS[0], 3 + day.day % 4, "new")
        there.warehouse.replace([_share(lake, keys)])
        _is_the_lake(there, lake)
    there.warehouse.replace([_share(lake, keys)])
    _is_the_lake(there, lake)


def test_an_empty_day_leaves_no_rows(there: Place) -> None:
    key: Key = (FIRST, ACCOUNTS[0])
    lake = {key: partition(*key, 5, "old"), (FIRST, ACCOUNTS[1]): partition(FIRST, ACCOUNTS[1], 2, "old")}
    there.warehouse.replace([_share(lake, list(lake))])
    lake[key] = partition(*key, 0, "")
    there.warehouse.replace([_share(lake, [key])])
    _is_the_lake(there, lake)


def test_a_load_that_fails_leaves_the_old_rows(there: Place) -> None:
    lake: dict[Key, pl.DataFrame] = {
        (FIRST, account): partition(FIRST, account, 5, "old") for account in ACCOUNTS
    }
    there.warehouse.replace([_share(lake, list(lake))])

    def dies() -> Iterator[pl.DataFrame]:
        yield partition(FIRST, ACCOUNTS[0], 9, "new")
        raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, StorageError)):
        there.warehouse.replace([Share(TABLE, list(lake), dies)])
    _is_the_lake(there, lake)


def test_a_table_that_is_cut_by_account(there: Place) -> None:
    def history(word: str) -> pl.DataFrame:
        return pl.DataFrame({"account": [ACCOUNTS[0]] * 2, "action": [word, "iam:GetUser"]})

    for word in ("s3:GetObject", "s3:PutObject"):
        there.warehouse.replace([Share(HISTORY, [(ACCOUNTS[0],)], lambda word=word: iter([history(word)]))])
        assert there.rows(HISTORY).equals(in_order(history(word), HISTORY))


@pytest.mark.parametrize("there", WITH_TABLES, indirect=True)
def test_a_new_column_is_added(there: Place) -> None:
    key: Key = (FIRST, ACCOUNTS[0])
    other: Key = (FIRST, ACCOUNTS[1])
    lake = {key: partition(*key, 3, "old")}
    there.warehouse.replace([_share(lake, [key])])
    wider = replace(TABLE, columns=(*TABLE.columns, Column("team", "text")))
    new = partition(*other, 2, "new").with_columns(team=pl.Series(["", "blue"]))
    there.warehouse.replace([Share(wider, [other], lambda: iter([new]))])
    old = lake[key].with_columns(team=pl.lit(None, pl.String))
    assert there.rows(wider).equals(in_order(pl.concat([old, new]), wider))


@pytest.mark.parametrize("there", WITH_TABLES, indirect=True)
def test_a_changed_type_is_an_error_that_says_so(there: Place) -> None:
    key: Key = (FIRST, ACCOUNTS[0])
    lake = {key: partition(*key, 3, "old")}
    there.warehouse.replace([_share(lake, [key])])
    columns = tuple(replace(one, type="text") if one.name == "events" else one for one in TABLE.columns)
    changed = lake[key].with_columns(pl.col("events").cast(pl.String))
    with pytest.raises(StorageError, match="events") as refused:
        there.warehouse.replace([Share(replace(TABLE, columns=columns), [key], lambda: iter([changed]))])
    # dlt's own words are passed on; the others say what helps.
    assert isinstance(there.warehouse, ThroughDlt) or "cloudtracker publish --everything" in str(
        refused.value
    )
    _is_the_lake(there, lake)


@pytest.mark.parametrize("there", [kind for kind in KINDS if kind != "dlt"], indirect=True)
def test_nul_in_a_text_does_not_stop_a_load(there: Place) -> None:
    key: Key = (FIRST, ACCOUNTS[0])
    rows = partition(*key, 1, "x").with_columns(
        principal_arn=pl.lit("a\0b"), granted_by=pl.lit('["a\\u0000b"]')
    )
    there.warehouse.replace([Share(TABLE, [key], lambda: iter([rows]))])
    found = there.rows(TABLE)
    # PostgreSQL cannot store it: there U+FFFD stands for it.
    assert found["principal_arn"].item() in ("a\0b", "a\ufffdb")
    assert found["granted_by"].item() in ('["a\\u0000b"]', '["a\\ufffdb"]')
