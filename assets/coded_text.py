"""Text as codes (Enums): millions of rows hold few names, and two bytes cost less to hold and write than a string."""

import numpy as np
import polars as pl


def of_its_values(values: pl.Series) -> pl.Series:
    """Return text as the codes of its own values."""
    if values.is_sorted() and not values.null_count() and values.n_unique() == len(values):
        # Names in order: their codes are counted, not looked up.
        return (
            pl.int_range(len(values), dtype=pl.UInt32, eager=True).cat.to(pl.Enum(values)).alias(values.name)
        )
    return values.cast(pl.Enum(values.drop_nulls().unique().sort()))


def coded(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with each column of text as the codes of its own values."""
    return frame.with_columns(of_its_values(column) for column in frame if column.dtype == pl.String)


def coded_rows(frame: pl.DataFrame, used: pl.Series) -> pl.DataFrame:
    """Return the frame with each column of text as the codes of what the rows of those numbers hold, null elsewhere."""
    rows = pl.repeat(False, frame.height, eager=True).scatter(used, True)
    return coded(frame.with_columns(pl.when(pl.lit(rows)).then(pl.col(pl.String))))


def of_used_values(codes: pl.Series) -> pl.Series:
    """Return codes (an Enum) as those of the values that occur among them."""
    assert isinstance(codes.dtype, pl.Enum)
    names, places = codes.dtype.categories, codes.to_physical()
    # Counted by their numbers, which are small: hashing them takes several times as long.
    counts = np.bincount(places.drop_nulls().to_numpy(), minlength=len(names))
    used = pl.Series(np.flatnonzero(counts), dtype=pl.UInt32)
    if len(used) == len(names):
        return codes
    numbers = pl.repeat(None, len(names), dtype=pl.UInt32, eager=True)
    numbers = numbers.scatter(used, pl.int_range(len(used), dtype=pl.UInt32, eager=True))
    return numbers.cat.to(pl.Enum(names.gather(used))).gather(places).alias(codes.name)


def text_of(dtype: pl.DataType) -> pl.DataType:
    """Return the type that is read where a column of this type was written: text for codes."""
    return pl.String() if isinstance(dtype, pl.Enum) else dtype


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with text in the place of codes."""
    return frame.cast(
        {name: text_of(dtype) for name, dtype in frame.schema.items() if text_of(dtype) != dtype}
    )
