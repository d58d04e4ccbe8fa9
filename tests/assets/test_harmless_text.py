"""Text in cells of spreadsheets."""

import polars as pl

from assets.harmless_text import harmless


def test_what_begins_a_formula_is_put_behind_an_apostrophe_and_nothing_else_is() -> None:
    runs = ["=1", "+1", "-1", "@a", "|a", "\t", "\r", "\na", "  =1", "＠a"]
    rows = pl.DataFrame({"text": [*runs, "", "a", "a=1", " a", "'=1", None]})
    assert rows.select(text=harmless(pl.col("text")))["text"].to_list() == [
        *("'" + text for text in runs),
        *("", "a", "a=1", " a", "'=1", None),
    ]
