"""Codes stand for text, and are it again whenever somebody asks."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.coded_text import coded_rows, of_its_values, of_used_values, plain


@given(st.lists(st.none() | st.text(max_size=5)))
def test_codes_keep_text_and_its_order(texts: list[str | None]) -> None:
    values = pl.Series("name", texts, dtype=pl.String)
    coded = of_its_values(values)
    assert plain(coded.to_frame())["name"].equals(values)
    assert coded.to_physical().rank("dense").equals(values.rank("dense"))


@given(st.sets(st.text(max_size=3), min_size=1), st.data())
def test_codes_of_what_occurs(names: set[str], data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.none() | st.sampled_from(sorted(names))))
    codes = pl.Series("name", texts, dtype=pl.Enum(sorted(names)))
    used = of_used_values(codes)
    assert plain(used.to_frame()).equals(plain(codes.to_frame()))
    assert isinstance(used.dtype, pl.Enum)
    assert used.dtype.categories.to_list() == sorted({text for text in texts if text is not None})


@given(st.lists(st.none() | st.text(max_size=3)), st.data())
def test_codes_of_some_rows_are_those_of_what_they_hold(texts: list[str | None], data: st.DataObject) -> None:
    frame = pl.DataFrame(
        {"name": texts, "number": range(len(texts))}, {"name": pl.String, "number": pl.Int64}
    )
    used = sorted(data.draw(st.sets(st.sampled_from(range(len(texts)))) if texts else st.just(set())))
    coded = coded_rows(frame, pl.Series(used, dtype=pl.UInt32))
    assert plain(coded)[used].equals(frame[used])
    assert coded["number"].equals(frame["number"])
    assert coded["name"].dtype == pl.Enum(sorted({texts[at] for at in used} - {None}))


def test_what_is_no_code_stays_as_it_is() -> None:
    names = pl.Enum(["a"])
    frame = pl.DataFrame(
        {"code": ["a"], "number": [1], "text": ["b"], "texts": [["b"]]},
        schema={"code": names, "number": pl.Int64(), "text": pl.String(), "texts": pl.List(pl.String)},
    )
    assert plain(frame).schema == {**frame.schema, "code": pl.String()}
    assert plain(frame).rows() == frame.rows()
