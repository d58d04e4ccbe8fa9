from uuid import UUID

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.cloudtrail_usage.event_ids import numbers_of, texts_of, with_texts
from assets.cloudtrail_usage.lines import Lines

UUIDS = st.uuids().map(str)


@given(st.lists(UUIDS, min_size=1))
def test_uuids_come_back_and_keep_their_order(ids: list[str]) -> None:
    numbers = numbers_of(Lines(ids))
    assert numbers is not None
    assert numbers.to_list() == [UUID(one).int for one in ids]
    assert texts_of(numbers).to_list() == ids
    assert texts_of(numbers.sort()).to_list() == sorted(ids)


ONE = "0b6a4c1f-8f8e-4123-8456-789abcdef012"


@pytest.mark.parametrize(
    "odd",
    [
        "e1",
        ONE.upper(),
        ONE.replace("-", ""),
        f"{{{ONE}}}",
        ONE[:-1],
        ONE + "0",
        ONE.replace("-4123-", "-41 23"),
        ONE[:-1] + "g",
        ONE[:-1] + "é",
        ONE[:-1] + "\n",
        ONE[:18] + "\n" + ONE[19:],
        " " * 8 + ONE[8:],
        "",
    ],
)
def test_what_is_no_uuid_as_cloudtrail_writes_it_has_no_number(odd: str) -> None:
    assert numbers_of(Lines([odd])) is None
    assert numbers_of(Lines([ONE, odd, ONE])) is None
    assert numbers_of(Lines([odd, ONE])) is None


@given(st.lists(st.text(alphabet="0f-\nA", min_size=30, max_size=40), max_size=3))
def test_whatever_has_a_number_comes_back(ids: list[str]) -> None:
    numbers = numbers_of(Lines(ids))
    assert numbers is None or texts_of(numbers).to_list() == ids


def test_two_ids_whose_lengths_make_up_for_each_other_have_no_number() -> None:
    assert numbers_of(Lines([ONE + "\n" + ONE, ""])) is None
    assert numbers_of(Lines([f"{ONE}\n{ONE[:18]}", ONE[19:]])) is None


def test_no_ids() -> None:
    numbers = pl.Series("id", [], dtype=pl.UInt128)
    assert with_texts(pl.DataFrame([numbers]), "id").schema == {"id": pl.String()}
    assert with_texts(pl.DataFrame({"id": ["x"]}), "id")["id"].to_list() == ["x"]
