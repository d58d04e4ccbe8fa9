"""The two text files in `data_files/`: all API calls, and those that CloudTrail records by default."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.aws_actions.botocore_models import operations
from assets.aws_actions.facts import DATA_FOLDER, Facts, read_facts, recorded_as, source_prefix
from assets.errors import StorageError
from assets.replaced_file import replace_file

ACTIONS_FILE = "aws_actions.txt"
SUPPORTED_EVENTS_FILE = "cloudtrail_supported_events.txt"


@dataclass(frozen=True)
class Change:
    """What a refresh did to one file: its number of lines before and after, and how many came and went."""

    before: int
    after: int
    added: int
    removed: int


def aws_actions_lines(calls: pl.DataFrame | None = None) -> list[str]:
    """Return `endpointPrefix:Operation` for every operation of every API version, sorted, unique.

    The recipe of the original's README: the operations of all of botocore's models, `sort | uniq` in the
    C locale. `calls` is `botocore_models.operations()`, read when it is not given.
    """
    frame = operations() if calls is None else calls
    return _lines(frame.select("endpoint_prefix", "operation").iter_rows())


def supported_events_lines(calls: pl.DataFrame | None = None, facts: Facts | None = None) -> list[str]:
    """Return the lines of `aws_actions_lines` that CloudTrail records by default, as management events.

    An operation that is a data event, or never recorded, in one API version or service is left out.
    """
    frame = operations() if calls is None else calls
    index = (facts or read_facts()).data_event_index()
    rows = frame.select("endpoint_prefix", "operation", "event_source").rows()
    other = {
        (endpoint, operation)
        for endpoint, operation, source in rows
        if recorded_as(index, source_prefix(source), operation.lower())
    }
    return _lines(
        (endpoint, operation) for endpoint, operation, _ in rows if (endpoint, operation) not in other
    )


def refresh_text_files(
    folder: Path = DATA_FOLDER, calls: pl.DataFrame | None = None, facts: Facts | None = None
) -> dict[str, Change]:
    """Write both files into `folder`, each whole or not at all, and tell by file name what changed.

    `calls` and `facts` are read where they are not given: from the installed botocore and `data_files/`.
    A file that would not change is left alone. Raises StorageError when one cannot be read or written.
    """
    frame = operations() if calls is None else calls
    lines = {
        ACTIONS_FILE: aws_actions_lines(frame),
        SUPPORTED_EVENTS_FILE: supported_events_lines(frame, facts),
    }
    return {name: _replace(folder / name, content) for name, content in lines.items()}


def _lines(calls: Iterable[tuple[str, str]]) -> list[str]:
    return sorted({f"{endpoint}:{operation}" for endpoint, operation in calls})


def _replace(path: Path, lines: list[str]) -> Change:
    text = "".join(f"{line}\n" for line in lines)
    try:
        old = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(
            f"{path}: cannot be refreshed ({error}); check the folder and its permissions."
        ) from error
    if text != old:
        replace_file(path, text.encode())
    before, after = set(old.splitlines()), set(lines)
    return Change(len(old.splitlines()), len(lines), len(after - before), len(before - after))
