"""Tables too large for the memory: sorted Arrow files, one range of the key after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.staged_files import groups, rows_in
from assets.cloudtrail_usage.streams import SUFFIX, not_writable, read_stream, read_streams, write_stream

# One value in so many tells where the ranges begin.
_SAMPLED = 64


@dataclass(frozen=True)
class Spilled:
    """A table in `files`, in order. They are gone when the reading that made them ends."""

    schema: dict[str, pl.DataType]
    files: tuple[Path, ...] = ()

    def lazy(self) -> pl.LazyFrame:
        """Return the rows, read when they are collected or written."""
        return pl.scan_ipc(list(self.files), glob=False) if self.files else pl.LazyFrame(schema=self.schema)

    def moved(self, folder: Path) -> "Spilled":
        """Move the files to a new folder on the same disk, and return the table there."""
        folder.mkdir(parents=True)
        return Spilled(self.schema, tuple(file.rename(folder / file.name) for file in self.files))


def write_spilled(frame: pl.DataFrame, path: Path) -> None:
    """Write a file of a table. Raises StorageError when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Parquet takes three times as long to write.
        frame.write_ipc(path, compression="lz4")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise not_writable(path, error) from error


def ranges(files: Sequence[Path], column: str, rows_at_a_time: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of the files in ranges of a text column, ascending: equal values are in one range.

    The files are staged ones. A range has about `rows_at_a_time` rows; they are cut into files beside the first.
    Which rows it has follows from the rows of all files, not from their order. Raises StorageError when the files
    cannot be written.
    """
    rows = rows_in(files)
    if rows <= rows_at_a_time:
        if rows:
            yield read_streams(files)
        return
    bounds = _bounds(files, column, -(-rows // rows_at_a_time))
    folder = files[0].parent / f"ranges-{column}"
    for number, some in enumerate(groups(files, rows_at_a_time)):
        # Every file is read once: a filtered scan for each range would read all of them again and again.
        read = read_streams(some)
        cut = read.with_columns(_range=bounds.search_sorted(read[column], side="right"))
        for (part,), mine in cut.partition_by("_range", as_dict=True, include_key=False).items():
            write_stream(mine, folder / f"{part:06}-{number:06}{SUFFIX}")
    for part in range(len(bounds) + 1):
        parts = sorted(folder.glob(f"{part:06}-*{SUFFIX}"))
        if parts:
            yield read_streams(parts)


def _bounds(files: Sequence[Path], column: str, parts: int) -> pl.Series:
    sampled = pl.col(column).hash() % _SAMPLED == 0
    sample = pl.concat([read_stream(file, [column]).filter(sampled) for file in files])
    values = sample[column].sort()
    if values.is_empty():
        return values
    cuts = [len(values) * part // parts for part in range(1, parts)]
    return values.gather(cuts).unique().sort()
