from collections import Counter
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.cloudtrail_usage.distinct_events import are_among, hash_of, repeated_hashes
from assets.cloudtrail_usage.event_ids import numbers_of
from assets.cloudtrail_usage.lines import Lines
from assets.cloudtrail_usage.staging import StagedRows, write_rows

HASHES = st.lists(st.integers(0, 2**64 - 1) | st.sampled_from([0, 5, 2**64 - 1]))


@given(HASHES, HASHES)
def test_a_hash_is_among_others_or_not(hashes: list[int], others: list[int]) -> None:
    ascending = pl.Series(sorted(set(others)), dtype=pl.UInt64)
    found = are_among(pl.Series(hashes, dtype=pl.UInt64), ascending)
    assert found.to_list() == [one in others for one in hashes]


def _staged(folder: Path, ids: list[str], *, as_text: bool) -> StagedRows:
    numbers = numbers_of(Lines(ids))
    rows = pl.DataFrame({"id": ids if as_text or numbers is None else numbers}).with_columns(
        code=pl.lit(1, pl.UInt64),
        session_code=pl.lit(0, pl.UInt64),
        time=pl.lit(0),
        region=pl.lit(0, pl.UInt16),
    )
    for start in range(0, len(ids), 7):
        write_rows(folder, 5, f"{start:03}", rows[start : start + 7])
    return StagedRows.of_day(folder, 5)


def test_what_is_repeated_does_not_depend_on_how_much_is_looked_at_a_time(tmp_path: Path) -> None:
    ids = [str(uuid5(NAMESPACE_URL, str(n % 60))) for n in range(100)]
    twice = {one for one, times in Counter(ids).items() if times > 1}
    assert len(twice) == 40
    for as_text in (False, True):
        rows = _staged(tmp_path / str(as_text), ids, as_text=as_text)
        wanted = hash_of(pl.concat(rows.ids(file) for file in rows.files).unique())
        of_twice = hash_of(pl.Series(sorted(twice)) if as_text else _numbers(sorted(twice)))
        for at_a_time in (1000, 50, 3):
            found = repeated_hashes(rows, at_a_time)
            assert found.to_list() == sorted(of_twice)
            assert wanted.is_in(found.implode()).sum() == len(twice)


def _numbers(ids: list[str]) -> pl.Series:
    numbers = numbers_of(Lines(ids))
    assert numbers is not None
    return numbers
