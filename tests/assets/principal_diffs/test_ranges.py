"""Diffs of millions of grants are made range by range, of numbers: the rows are those of a plain implementation."""

from dataclasses import replace
from pathlib import Path
from random import Random
from unittest import mock

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.aws_actions.mapping import EventMapping
from assets.coded_text import plain
from assets.errors import StorageError
from assets.partitions import Partition
from assets.principal_diffs import diff as module
from assets.principal_diffs.coverage import Window
from assets.principal_diffs.diff import Granted, Used, diff, diff_in_ranges
from assets.principal_diffs.rules import VerdictRules
from assets.principal_diffs.schema import PRINCIPAL_DIFFS, REASONS, STATUSES
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from tests.assets.principal_diffs.accounts import WINDOW, account
from tests.assets.principal_diffs.row_by_row import row_by_row
from tests.build import ACCOUNT

Inputs = tuple[Granted, Used, Window, EventMapping, pl.DataFrame, VerdictRules]
PARTITION = Partition(WINDOW.end, ACCOUNT)


class Known:
    """The facts on actions and operations, and the mapping."""

    def __init__(self, facts: Path) -> None:
        self.iam_actions, self.aws_actions = Lake(facts).read("iam_actions"), Lake(facts).read("aws_actions")
        self.mapping = EventMapping.from_frames(self.aws_actions, self.iam_actions, DATA_FILES)

    def __repr__(self) -> str:
        # Hypothesis would write all of it out where a test fails.
        return "known"

    def inputs(self, seed: int) -> Inputs:
        granted, used, facts, rules = account(Random(seed), self.iam_actions, self.aws_actions)
        return granted, used, WINDOW, self.mapping, facts, rules


@pytest.fixture(scope="module")
def known(facts: Path) -> Known:
    return Known(facts)


def digest(rows: pl.DataFrame) -> int:
    return int(rows.with_row_index().hash_rows().sum())


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), at_once=st.sampled_from([1, 2, 7, 1000]))
def test_any_cut_gives_the_rows_of_the_plain_implementation(known: Known, seed: int, at_once: int) -> None:
    inputs = known.inputs(seed)
    expected = row_by_row(*inputs)
    whole = plain(diff(*inputs))
    with mock.patch.object(module, "ROWS_AT_ONCE", at_once):
        lazy = diff_in_ranges(*inputs)
        ranges = lazy.collect().cast(PRINCIPAL_DIFFS)
    assert dict(whole.schema) == PRINCIPAL_DIFFS
    assert whole.to_dicts() == expected.to_dicts()
    assert ranges.to_dicts() == expected.to_dicts()
    assert digest(whole) == digest(ranges) == digest(expected)


def test_the_invented_accounts_hold_every_status_and_reason(known: Known) -> None:
    found: set[tuple[str, str]] = set()
    for seed in range(40):
        inputs = known.inputs(seed)
        rows = plain(diff(*inputs))
        found |= set(rows.select("status", "reason").iter_rows())
    assert {reason for _, reason in found} == set(REASONS)
    assert {status for status, _ in found} == set(STATUSES)


def test_what_is_stored_is_text_and_the_same_bytes(known: Known, tmp_path: Path) -> None:
    inputs = known.inputs(5)
    lake, stored = Lake(tmp_path), []
    with mock.patch.object(module, "ROWS_AT_ONCE", 7):
        for _ in range(2):
            lazy = diff_in_ranges(*inputs)
            assert isinstance(lazy.collect_schema()["action"], pl.Enum)
            lake.write("principal_diffs", lazy, PARTITION)
            stored.append(lake.path("principal_diffs", PARTITION).read_bytes())
    assert stored[0] == stored[1]
    read = pl.read_parquet(lake.path("principal_diffs", PARTITION), hive_partitioning=False)
    assert dict(read.schema) == PRINCIPAL_DIFFS
    assert read.equals(row_by_row(*inputs))


def test_grants_are_cut_and_read_in_order(known: Known) -> None:
    inputs = known.inputs(5)
    with mock.patch.object(module, "ROWS_AT_ONCE", 7):
        lazy = diff_in_ranges(*inputs)
        assert len(list(lazy.collect_batches(maintain_order=True, chunk_size=7))) > 1
        assert lazy.head(9).collect().cast(PRINCIPAL_DIFFS).equals(row_by_row(*inputs).head(9))
        granted, *others = inputs
        lazy = diff_in_ranges(replace(granted, grants=granted.grants.reverse()), *others)
        with pytest.raises(StorageError, match="the rows are not sorted"):
            lazy.collect()
