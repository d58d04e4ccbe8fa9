"""Interrupts: raised at once in Python's code, later where Polars has called it, and never lost."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import polars as pl
import pytest

from pipeline import interrupts
from pipeline.replacing import replaced

Handler = Callable[[int, FrameType | None], None]


class _InterruptedError(BaseException):
    """As a run raises it."""


@pytest.fixture
def handled() -> Iterator[Callable[[Handler], None]]:
    before = signal.getsignal(signal.SIGINT)
    with interrupts.raising(_InterruptedError):
        yield lambda handler: [signal.signal(signal.SIGINT, handler)].clear()
    signal.signal(signal.SIGINT, before)


def _interrupted(value: int) -> int:
    os.kill(os.getpid(), signal.SIGINT)
    return value + 1


def test_it_is_raised_at_once_where_polars_is_not_at_work(handled: Callable[[Handler], None]) -> None:
    handled(interrupts.note_and_wait)
    with pytest.raises(_InterruptedError):
        _interrupted(1)
    assert interrupts.received()


def test_within_polars_it_waits_and_nothing_is_put_into_its_place(
    handled: Callable[[Handler], None], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    handled(interrupts.note_and_wait)
    made = pl.Series([1, 2]).map_elements(_interrupted, return_dtype=pl.Int64())
    assert made.to_list() == [2, 3]
    with pytest.raises(_InterruptedError):
        interrupts.checkpoint()
    path = tmp_path / "table"
    path.write_text("old")
    with pytest.raises(_InterruptedError), replaced(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    assert capfd.readouterr().err == ""


def test_what_is_swallowed_is_noted_and_says_nothing(
    handled: Callable[[Handler], None], capfd: pytest.CaptureFixture[str]
) -> None:
    handled(interrupts.note_and_wait)

    class Ending:
        def __del__(self) -> None:
            _interrupted(1)

    Ending()
    assert interrupts.received()
    assert "_InterruptedError" not in capfd.readouterr().err


def test_where_nothing_may_be_raised_it_waits(handled: Callable[[Handler], None]) -> None:
    handled(interrupts.note_and_go_on)
    assert _interrupted(1) == 2
    with pytest.raises(_InterruptedError):
        interrupts.checkpoint()


def test_it_is_forgotten_when_its_run_is_over() -> None:
    with interrupts.raising(_InterruptedError):
        interrupts.note_and_go_on(signal.SIGINT, None)
        assert interrupts.received()
    assert not interrupts.received()
    interrupts.checkpoint()
