"""Every number is new once."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.cloudtrail_usage.staged_numbers import Numbers, Pairs

BATCHES = st.lists(st.lists(st.integers(0, 40), max_size=8))


@given(BATCHES)
def test_numbers(batches: list[list[int]]) -> None:
    written, numbers, pairs = set[int](), Numbers(), Pairs()
    for batch in batches:
        new = set(batch) - written
        assert numbers.new(pl.Series(batch, dtype=pl.UInt32)) == sorted(new)
        assert sorted(pairs.new(pl.Series(batch, dtype=pl.UInt64) * 2**32)) == sorted(n * 2**32 for n in new)
        written |= new
