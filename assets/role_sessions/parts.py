"""The usage of a large day in parts that are worked on one after the other."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import polars as pl

from assets.cloudtrail_usage.spilled import write_spilled
from assets.errors import StorageError

_PART = "part"
# Polars holds so many of each part until it writes them.
_FILE_BYTES = 4_000_000


class Frames(Protocol):
    """A list of frames, or what does as one."""

    def append(self, frame: pl.DataFrame, /) -> None:
        """Take one more."""
        ...

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Give one after the other."""
        ...


class Waiting:
    """Frames that wait in files: in memory each would keep the text of all rows that it was made of."""

    def __init__(self, folder: Path) -> None:
        """Start with none; `folder` is there."""
        self._folder, self._files = Path(tempfile.mkdtemp(dir=folder)), list[Path]()

    def append(self, frame: pl.DataFrame) -> None:
        """Write one more."""
        self._files.append(self._folder / f"{len(self._files):06}.arrow")
        write_spilled(frame, self._files[-1])

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Read one after the other."""
        return (pl.scan_ipc(file, glob=False).collect() for file in self._files)


def part_of(session: str, parts: int) -> pl.Expr:
    """Say in which part the rows of a session are: what names one is in one part.

    `session` is the column that names it; the rows have a `role_arn` too.
    """
    # A busy day has most of its rows where no session is named: services'.
    return pl.when(pl.col(session) == "").then("role_arn").otherwise(session).hash() % parts


def cut_into(rows: pl.LazyFrame, session: str, parts: int, folder: Path) -> list[pl.LazyFrame]:
    """Write rows to files of a part each, and return the parts; `session`: see `part_of`.

    To filter them again for each part takes longer, the more accounts there are. Raises StorageError.
    """
    empty = pl.LazyFrame(schema=rows.collect_schema())
    try:
        rows.sink_ipc(
            pl.PartitionBy(
                folder,
                key=part_of(session, parts).alias(_PART),
                include_key=False,
                approximate_bytes_per_file=_FILE_BYTES,
            ),
            compression="lz4",
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StorageError(f"{folder}: cannot be written ({error}); sessions are staged there") from error
    files = [sorted(folder.glob(f"{_PART}={part}/*")) for part in range(parts)]
    return [pl.scan_ipc(some, glob=False) if some else empty for some in files]
