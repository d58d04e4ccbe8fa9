"""Tables too large for the memory: sorted Parquet files, one range of the key after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import polars as pl

# One value in so many tells where the ranges begin.
_SAMPLED = 64


@dataclass(frozen=True)
class Spilled:
    """A table in `files`, in order. They are gone when the reading that made them ends."""

    schema: dict[str, pl.DataType]
    files: tuple[Path, ...] = ()

    def lazy(self) -> pl.LazyFrame:
        """Return the rows, read when they are collected or written."""
        return pl.scan_parquet(list(self.files)) if self.files else pl.LazyFrame(schema=self.schema)

    def moved(self, folder: Path) -> "Spilled":
        """Move the files to a new folder on the same disk, and return the table there."""
        folder.mkdir(parents=True)
        return Spilled(self.schema, tuple(file.rename(folder / file.name) for file in self.files))


def rows_in(files: Sequence[Path]) -> int:
    """Return how many rows the files hold, from their footers."""
    return int(pl.scan_parquet(list(files)).select(pl.len()).collect().item()) if files else 0


def part_of(files: Sequence[Path], mine: pl.Expr, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Return the columns of the schema of the rows that a condition holds for."""
    # File by file: a scan of all of them would hold more than the part.
    read = [pl.scan_parquet(file).filter(mine).select(*schema).collect() for file in files]
    return pl.concat([pl.DataFrame(schema=schema), *read])


def ranges(files: Sequence[Path], column: str, rows_at_a_time: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of the files in ranges of a text column, ascending: equal values are in one range.

    A range has about `rows_at_a_time` rows. Which rows it has follows from the rows of all files, not from their
    order.
    """
    rows = rows_in(files)
    if rows <= rows_at_a_time:
        if rows:
            yield pl.read_parquet(list(files))
        return
    for low, high in pairwise([None, *_bounds(files, column, -(-rows // rows_at_a_time)), None]):
        mine = pl.lit(value=True)
        if low is not None:
            mine &= pl.col(column) >= low
        if high is not None:
            mine &= pl.col(column) < high
        # File by file: a scan of all of them would hold more than the range.
        yield pl.concat([pl.scan_parquet(file).filter(mine).collect() for file in files])


def _bounds(files: Sequence[Path], column: str, parts: int) -> list[str]:
    sampled = pl.col(column).hash() % _SAMPLED == 0
    sample = pl.concat([pl.read_parquet(file, columns=[column]).filter(sampled) for file in files])
    values = sample[column].sort()
    if values.is_empty():
        return []
    cuts = [len(values) * part // parts for part in range(1, parts)]
    return values.gather(cuts).unique().sort().to_list()
