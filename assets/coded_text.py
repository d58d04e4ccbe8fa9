"""Text as codes (Enums): millions of rows hold few names, and two bytes cost less to hold and write than a string."""

import polars as pl


def of_its_values(values: pl.Series) -> pl.Series:
    """Return text as the codes of its own values."""
    return values.cast(pl.Enum(values.drop_nulls().unique().sort()))


def text_of(dtype: pl.DataType) -> pl.DataType:
    """Return the type that is read where a column of this type was written: text for codes."""
    return pl.String() if isinstance(dtype, pl.Enum) else dtype


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with text in the place of codes."""
    return frame.cast(
        {name: text_of(dtype) for name, dtype in frame.schema.items() if text_of(dtype) != dtype}
    )
