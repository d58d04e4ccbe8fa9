"""Staged files, some of them at a time: their names tell how many rows each holds."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.streams import read_streams

# Rows of sessions and assumptions are wide: so many take some 15 MB.
_ROWS_AT_A_TIME = 50_000


def rows_in(files: Iterable[Path]) -> int:
    """Return how many rows staged files hold, from their names."""
    return sum(int(file.stem.rpartition(".")[2]) for file in files)


def groups(files: Sequence[Path], rows_at_a_time: int) -> Iterator[list[Path]]:
    """Yield staged files in groups of about so many rows, or of one."""
    group: list[Path] = []
    rows = 0
    for file in files:
        group.append(file)
        rows += rows_in([file])
        if rows >= rows_at_a_time:
            yield group
            group, rows = [], 0
    if group:
        yield group


def distinct_rows(files: Sequence[Path], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Return the rows of the files, each once, in any order."""
    # Some at a time: most have what others have.
    distinct = pl.DataFrame(schema=schema)
    for some in groups(files, _ROWS_AT_A_TIME):
        distinct = pl.concat([distinct, read_streams(some)]).unique()
    return distinct


def part_of(files: Sequence[Path], mine: pl.Expr, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Return the columns of the schema of the rows that a condition holds for."""
    # Some at a time: all of them would be more than the part.
    needed = {*schema, *mine.meta.root_names()}
    read = [
        read_streams(some, needed).filter(mine).select(*schema) for some in groups(files, _ROWS_AT_A_TIME)
    ]
    return pl.concat([pl.DataFrame(schema=schema), *read])
