"""The facts that both sides take as given: the tables `aws_actions` and `iam_actions` as made, and the CSV files.

The oracle gets plain dictionaries and lists: only this module, and `made` with what it is compared with, read Parquet.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

DATA_FILES = Path(__file__).resolve().parents[2] / "data_files"

Row = dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """`operations`: rows of `aws_actions`; `actions`: rows of `iam_actions`; the others: rows of `data_files/*.csv`."""

    operations: list[Row]
    actions: list[Row]
    operation_actions: list[Row]
    event_sources: list[Row]
    no_permission: list[Row]


def read_facts(root: Path) -> Facts:
    """Read the facts of a lake that has both tables."""
    return Facts(
        operations=pl.read_parquet(root / "aws_actions" / "part-0.parquet").to_dicts(),
        actions=pl.read_parquet(root / "iam_actions" / "part-0.parquet").to_dicts(),
        operation_actions=_rows("operation_actions.csv"),
        event_sources=_rows("event_sources.csv"),
        no_permission=_rows("no_permission.csv"),
    )


def _rows(name: str) -> list[Row]:
    with (DATA_FILES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
