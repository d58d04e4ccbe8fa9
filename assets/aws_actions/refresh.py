"""Everything that follows from the installed botocore, made anew: the two text files and the two tables."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.aws_actions.botocore_models import operations
from assets.aws_actions.catalogue import published_actions
from assets.aws_actions.facts import read_facts
from assets.aws_actions.mapping import build_aws_actions, build_iam_actions
from assets.aws_actions.text_files import Change, refresh_text_files


@dataclass(frozen=True)
class Refreshed:
    """The tables `aws_actions` and `iam_actions`, and what became of the text files."""

    aws_actions: pl.DataFrame
    iam_actions: pl.DataFrame
    files: dict[str, Change]

    def changes(self) -> dict[str, int]:
        """Return the number of lines of each text file, and how many were added and removed."""
        return {
            f"{name} {what}": getattr(change, what)
            for name, change in self.files.items()
            for what in ("after", "added", "removed")
        }


def tables(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `aws_actions` and `iam_actions` without writing anything. Raises `InputError` for a wrong fact file."""
    published = published_actions()
    aws_actions = build_aws_actions(operations(folder), published, read_facts(folder))
    return aws_actions, build_iam_actions(aws_actions, published)


def refresh(folder: Path) -> Refreshed:
    """Read the facts in `folder`, rewrite its text files where they changed, and build the tables.

    Raises `InputError` for a fact file that is wrong, `StorageError` where a text file cannot be written.
    """
    facts, published, calls = read_facts(folder), published_actions(), operations(folder)
    aws_actions = build_aws_actions(calls, published, facts)
    files = refresh_text_files(folder, calls, facts)
    return Refreshed(aws_actions, build_iam_actions(aws_actions, published), files)
