"""Text that spreadsheets show and do not run."""

import polars as pl

_RUNS = r"^\s*[=+\-@\t\r\n|＝＋－＠]"
"""What a cell begins with that spreadsheets take for a formula (OWASP, CSV Injection): `=cmd|' /C calc'!A0` is a name
that IAM allows in a session."""


def harmless(text: pl.Expr) -> pl.Expr:
    """Return text with an apostrophe before what a spreadsheet would run."""
    return pl.when(text.str.contains(_RUNS)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)
