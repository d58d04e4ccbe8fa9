"""The facts in `data_files/` about operations, event sources and what CloudTrail records: read and checked.

Where each row comes from is told by its column `origin` and by `data_files/SOURCES.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.errors import InputError

DATA_FOLDER = Path(__file__).resolve().parents[2] / "data_files"

FACT_FILES: Mapping[str, tuple[str, ...]] = {
    "operation_actions.csv": ("service", "operation", "primary", "conditional", "one_of", "origin"),
    "event_sources.csv": ("event_source_prefix", "iam_prefixes", "services", "origin"),
    "data_events.csv": ("event_source_prefix", "operation", "recorded", "resource_type", "origin"),
    "no_permission.csv": ("event_source_prefix", "event_name", "origin"),
    "dependent_actions.csv": ("action", "dependent", "origin"),
}

SUFFIX = ".amazonaws.com"


@dataclass(frozen=True)
class Facts:
    """The fact files as frames of text; the columns of each are those of `FACT_FILES`."""

    operation_actions: pl.DataFrame
    event_sources: pl.DataFrame
    data_events: pl.DataFrame
    no_permission: pl.DataFrame
    dependent_actions: pl.DataFrame

    def frames(self) -> tuple[pl.DataFrame, ...]:
        """Return all frames, in the order of `FACT_FILES`."""
        return (
            *(self.operation_actions, self.event_sources, self.data_events),
            *(self.no_permission, self.dependent_actions),
        )

    def data_event_index(self) -> dict[tuple[str, str], str]:
        """Return (source prefix, operation or `*`), lower case, to `data` or `never`."""
        rows = self.data_events.select("event_source_prefix", "operation", "recorded").rows()
        return {(source.lower(), operation.lower()): recorded for source, operation, recorded in rows}

    def resource_type_index(self) -> dict[tuple[str, str], str]:
        """Return (source prefix, operation or `*`), lower case, to its CloudTrail resource types.

        Several stand in one text, between spaces; the text is empty where the type is not known for sure.
        """
        rows = self.data_events.select("event_source_prefix", "operation", "resource_type").rows()
        return {(source.lower(), operation.lower()): types for source, operation, types in rows}

    def no_permission_index(self) -> frozenset[tuple[str, str]]:
        """Return the (source prefix, event name or `*`), lower case, that need no permission."""
        rows = self.no_permission.select("event_source_prefix", "event_name").rows()
        return frozenset((source.lower(), name.lower()) for source, name in rows)


def recorded_as(index: Mapping[tuple[str, str], str], prefix: str, operation: str) -> str | None:
    """Look one call up in a `Facts.data_event_index`: its own row, else the row of its whole source."""
    return index.get((prefix, operation)) or index.get((prefix, "*"))


def source_prefix(event_source: str) -> str:
    """Return what stands before `.amazonaws.com` in an eventSource, lower case (also in China: `.com.cn`)."""
    return event_source.strip().lower().removesuffix(".cn").removesuffix(SUFFIX)


def read_facts(folder: Path = DATA_FOLDER) -> Facts:
    """Read the fact files of `folder`.

    Raises InputError when a file is missing, is not CSV, lacks a column, or holds a `recorded` that is
    neither `data` nor `never`.
    """
    frames = {name: _read(folder / name, columns) for name, columns in FACT_FILES.items()}
    data_events = frames["data_events.csv"]
    wrong = data_events.filter(~pl.col("recorded").is_in(["data", "never"]))
    if wrong.height:
        row = wrong.row(0, named=True)
        raise InputError(
            f"{folder / 'data_events.csv'}: {row['event_source_prefix']},{row['operation']}: recorded is "
            f"{row['recorded']!r}; write data or never."
        )
    return Facts(*(frames[name] for name in FACT_FILES))


def _read(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    try:
        frame = pl.read_csv(path, infer_schema=False).fill_null("")
    except FileNotFoundError as error:
        raise InputError(
            f"{path}: not found; the facts belong to the installation, restore the file."
        ) from error
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: not a readable CSV file ({error}); restore the file.") from error
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(f"{path}: has no column {', '.join(missing)}; expected {', '.join(columns)}.")
    return frame.select(columns)
