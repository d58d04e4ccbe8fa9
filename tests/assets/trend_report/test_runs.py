"""Sets of actions as runs: nothing is lost on the way."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.trend_report.runs import numbered, runs
from tests.assets.trend_report.account_days import account_day, verdict


def _unpacked(text: str) -> list[int]:
    # As data.js does it.
    found, at = [], 0
    parts = [int(part) for part in text.split(" ")]
    for gap, length in zip(parts[::2], parts[1::2], strict=True):
        at += gap
        found += range(at, at + length)
        at += length
    return found


@given(st.dictionaries(st.sampled_from("abc"), st.sets(st.integers(0, 60), min_size=1), min_size=1))
def test_every_set_comes_back(sets: dict[str, set[int]]) -> None:
    rows = [(who, at) for who, numbers in sets.items() for at in numbers]
    frame = pl.DataFrame(rows, schema={"who": pl.String, "at": pl.Int64}, orient="row")
    found = {who: (n, _unpacked(text)) for who, n, text in runs(frame, ["who"]).iter_rows()}
    assert found == {who: (len(numbers), sorted(numbers)) for who, numbers in sets.items()}


def test_an_example() -> None:
    frame = pl.DataFrame({"who": ["a"] * 3, "at": [0, 1, 5]})
    assert runs(frame, ["who"]).rows() == [("a", 3, "0 2 3 1")]


def test_actions_that_go_together_are_neighbours() -> None:
    day = account_day(
        [
            verdict("alice", "s3:PutObject", "unknown"),
            verdict("alice", "s3:CreateBucket", "unused"),
            verdict("alice", "s3:DeleteBucket", "unused"),
            verdict("alice", "s3:GetObject", "unused", access_level="Read"),
            verdict("alice", "ec2:RunInstances", "unused"),
        ]
    )
    names = numbered(day.diffs)["action"].to_list()
    assert names == ["ec2:RunInstances", "s3:CreateBucket", "s3:DeleteBucket", "s3:PutObject", "s3:GetObject"]
