"""What is the same in two days, found by its place instead of its name.

From one day to the next most permissions stay as they are, and both days are sorted: comparing the rows in their
places takes a tenth of looking each up among those of the other day.
"""

from collections.abc import Sequence

import polars as pl


def apart(
    earlier: pl.DataFrame, later: pl.DataFrame, columns: Sequence[tuple[str, str]]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """Return the rows of both that are not alike in the same place, and of each row of `later` whether it is such.

    `columns`: which column of the first is compared with which of the second. Where one has more rows than the other,
    the places mean nothing, and these are all rows: whoever asks looks up by name what this does not find.
    """
    if earlier.height != later.height:
        return earlier, later, pl.repeat(True, later.height, eager=True)
    same = [(earlier[one] == later[other]).fill_null(False) for one, other in columns]
    which = ~pl.select(pl.all_horizontal(same)).to_series()
    return earlier.filter(which), later.filter(which), which
