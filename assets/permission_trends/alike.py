"""What is the same in two days, found by its place instead of its name.

From one day to the next most permissions stay as they are, and both days are sorted: comparing the rows in their
places takes a tenth of looking each up among those of the other day.
"""

from collections.abc import Sequence

import polars as pl


def alike(earlier: pl.DataFrame, later: pl.DataFrame, columns: Sequence[tuple[str, str]]) -> pl.Series:
    """Return of each row of `later` whether the row of `earlier` in its place has the same there.

    `columns`: which column of the first with which of the second. Where one has more rows than the other, the places
    mean nothing and no row is alike: whoever asks looks up by name what this does not find.
    """
    if earlier.height != later.height:
        return pl.repeat(False, later.height, eager=True)
    same = [(earlier[one] == later[other]).fill_null(False) for one, other in columns]
    return pl.select(pl.all_horizontal(same)).to_series()
