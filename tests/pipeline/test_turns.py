"""Runs that Dagster starts: those of one account follow one another, however they were launched."""

import threading
from pathlib import Path

import dagster as dg
import pytest

from pipeline.requests import account_of
from pipeline.turns import alive, is_alive, turn

DEMO, BACKUP = "111111111111", "222222222222"


def _has_its_turn(root: Path, account: str | None) -> threading.Event:
    got = threading.Event()

    def run() -> None:
        with turn(root, account):
            got.set()

    threading.Thread(target=run, daemon=True).start()
    return got


@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [
        (DEMO, DEMO, True),
        (DEMO, BACKUP, False),
        (DEMO, None, True),
        (None, DEMO, True),
        (None, None, True),
    ],
)
def test_the_runs_of_an_account_follow_one_another(
    tmp_path: Path, first: str | None, second: str | None, waits: bool
) -> None:
    with turn(tmp_path, first):
        got = _has_its_turn(tmp_path, second)
        assert got.wait(0.5) is not waits
    assert got.wait(5)


def test_a_run_is_alive_as_long_as_its_process(tmp_path: Path) -> None:
    assert not is_alive(tmp_path, "one")
    with alive(tmp_path, "one"):
        assert is_alive(tmp_path, "one")
    assert not is_alive(tmp_path, "one")
    # As one that was killed leaves it.
    (tmp_path / ".turns" / "run-one").touch()
    assert not is_alive(tmp_path, "one")


def _run(tables: set[str] | None, tags: dict[str, str]) -> dg.DagsterRun:
    selection = None if tables is None else frozenset(map(dg.AssetKey, tables))
    return dg.DagsterRun("job", tags=tags, asset_selection=selection)


def test_whose_tables_a_run_makes() -> None:
    day, other = f"{DEMO}|2026-06-30", f"{BACKUP}|2026-06-30"
    start, end = (f"dagster/asset_partition_range_{edge}" for edge in ("start", "end"))
    assert account_of(_run({"principal_diffs"}, {"dagster/partition": day})) == DEMO
    assert account_of(_run({"permission_history"}, {"dagster/partition": DEMO})) == DEMO
    assert account_of(_run({"principal_diffs"}, {start: day, end: day})) == DEMO
    assert account_of(_run({"principal_diffs"}, {start: day, end: other})) is None
    assert account_of(_run({"organization_trends"}, {"dagster/partition": "2026-06-30"})) is None
    assert account_of(_run({"aws_actions"}, {})) is None
    # Made from the tables of all accounts.
    assert account_of(_run({"role_sessions"}, {"dagster/partition": day})) is None
    assert account_of(_run(None, {"dagster/partition": day})) is None
