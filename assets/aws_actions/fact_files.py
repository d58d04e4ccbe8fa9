"""The CSV files of `data_files/` compared with what they should hold, and replaced."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.aws_actions.facts import FACT_FILES, Facts
from assets.errors import StorageError
from assets.replaced_file import replace_file


@dataclass(frozen=True)
class FileDifference:
    """The rows, as lines of CSV, that a file would gain and lose; `text` is all that it would hold."""

    name: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    text: str


def differences(folder: Path, facts: Facts, names: Iterable[str]) -> list[FileDifference]:
    """Compare the files `names` of `folder` with `facts`; a file of the same bytes is not in the list.

    Raises StorageError when a file cannot be read.
    """
    found = []
    frames = dict(zip(FACT_FILES, facts.frames(), strict=True))
    for name in names:
        text = csv_text(frames[name])
        try:
            old = (folder / name).read_text(encoding="utf-8")
        except OSError as error:
            raise StorageError(f"{folder / name}: cannot be read: {error}.") from error
        if text != old:
            before, after = set(old.splitlines()), set(text.splitlines())
            found.append(
                FileDifference(name, tuple(sorted(after - before)), tuple(sorted(before - after)), text)
            )
    return found


def write(folder: Path, changed: FileDifference) -> None:
    """Replace one file, whole or not at all. Raises StorageError."""
    replace_file(folder / changed.name, changed.text.encode())


def csv_text(frame: pl.DataFrame) -> str:
    """Return a fact file's text: a header, then the rows sorted by all columns, each once."""
    return frame.unique().sort(pl.all()).with_columns(pl.all().replace("", None)).write_csv()
