"""CSV that spreadsheets show and do not run."""

import polars as pl

from assets.harmless_text import harmless


def safe_csv(rows: pl.DataFrame, *, header: bool = True) -> str:
    """Return the rows as CSV: text that a spreadsheet would run begins with ', times are UTC as ISO 8601."""
    columns = []
    for name, dtype in rows.schema.items():
        value = pl.col(name)
        if isinstance(dtype, pl.Datetime):
            value = value.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        elif isinstance(dtype, pl.List):
            value = value.cast(pl.List(pl.String)).list.join(" ")
        elif isinstance(dtype, pl.Enum | pl.Categorical):
            value = value.cast(pl.String)
        if isinstance(dtype, pl.String | pl.List | pl.Enum | pl.Categorical):
            value = harmless(value)
        columns.append(value.alias(name))
    return rows.select(columns).write_csv(include_header=header)
