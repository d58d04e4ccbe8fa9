"""What the command made: it is run as a user runs it, and its tables are read as they lie."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from tests.second_opinion.accounts import ACCOUNT
from tests.second_opinion.opinion import Rows, Tables
from tests.second_opinion.scenarios import Run, Scenario

KEYS = {
    "cloudtrail_usage": (
        *(
            "principal_arn",
            "principal_id",
            "principal_account",
            "principal_type",
            "event_source",
            "event_name",
        ),
        *("event_type", "outcome", "via_service"),
    ),
    "log_coverage": ("region",),
    "rejected_records": ("region", "file", "position"),
    "unmapped_events": ("event_source", "event_name"),
    "principal_diffs": ("principal_arn", "action"),
}


def run_command(scenario: Scenario) -> None:
    """Make the tables with `cloudtracker run`; raises AssertionError with what it said where that fails."""
    for run in scenario.runs:
        _ask(scenario, run, f"{run.first}")
    if len(scenario.runs) > 1:
        # A day of the first that the second found late events of: its usage was made anew, what follows from it is made
        # anew when it is next asked for (docs/schedule.md: make's rule).
        _ask(scenario, scenario.runs[-1], f"{scenario.first}", "--missing-only")


def _ask(scenario: Scenario, run: Run, first: str, *more: str) -> None:
    from pipeline.cli.main import main

    said, before = io.StringIO(), sys.argv
    code = 0
    config = str(scenario.folder / run.config)
    words = ["--account", "demo", "--from", first, "--to", f"{run.last}", "--config", config, *more]
    sys.argv = ["cloudtracker", "run", *words]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), _inside(scenario.folder):
            main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    assert code == 0, f"seed {scenario.seed}: the command ended with {code}: {said.getvalue()[-2000:]}"


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def made_tables(scenario: Scenario) -> Tables:
    """Read the tables of the scenario's days."""
    return Tables({table: {day: _rows(scenario, table, day) for day in scenario.days} for table in KEYS})


def _rows(scenario: Scenario, table: str, day: date) -> Rows:
    path = scenario.lake / table / f"day={day}" / f"account={ACCOUNT}" / "part-0.parquet"
    rows: list[dict[str, Any]] = pl.read_parquet(path, hive_partitioning=False).to_dicts()
    keyed = {tuple(row[name] for name in KEYS[table]): row for row in rows}
    assert len(keyed) == len(rows), f"{path}: a key is there twice"
    return keyed
