from datetime import date

import pytest
from rich.console import Console

from assets.partitions import Partition
from pipeline.cli import bar as module
from pipeline.cli.bar import Bar
from pipeline.steps import Step

STEP = Step("demo", ("cloudtrail_usage",), (Partition(date(2026, 6, 1), "111111111111"),))


def test_what_athena_scanned_for_all_processes_is_added_up() -> None:
    bar = Bar()
    bar.scanned(10, 0.5)
    for lane in (bar.lane(), bar.lane()):
        lane.scanned(2, 0.25)
    assert bar.scanned_by_all == (14, 1.0)


def test_each_process_has_bars_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(force_terminal=True, width=100, record=True, stderr=True)
    monkeypatch.setattr(module, "Console", lambda **_: terminal)
    with Bar() as bar:
        lane = bar.lane()
        bar.accounts(1, 2)
        bar.begin(STEP, 3)
        lane.begin(STEP, 5)
        lane.logs(1, 4)
        bar.wrote("cloudtrail_usage", "2026-06-01", 7)
        shown = [(task.description, task.completed, task.total) for task in bar._progress.tasks]
        assert shown == [("accounts", 1, 2), ("demo", 1, 3), ("demo", 0, 5), ("reading logs", 1, 4)]
        lane.end()
        bar.accounts(2, 2)
        assert [task.description for task in bar._progress.tasks] == ["accounts", "demo"]
        lane.begin(STEP, 1)
        assert len(bar._progress.tasks) == 3


def test_without_a_terminal_each_run_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar(lines=True) as bar:
        bar.accounts(0, 1)
        bar.begin(STEP, 1)
        bar.lane().begin(STEP, 1)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.endswith("demo, 2026-06-01 to 2026-06-01: cloudtrail_usage") for line in lines)
