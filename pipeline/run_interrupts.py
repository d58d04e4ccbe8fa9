"""Interrupts of a run: Dagster raises them in the middle of whatever an asset does, these wait as `interrupts` says."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

import dagster._core.errors as dagster_errors
import dagster._core.execution.api as dagster_execution
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._utils.interrupts import _received_interrupt, _replace_interrupt_signal

from pipeline import interrupts


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise an interrupt where it may be raised, also one that Dagster would forget; the old handler comes back.

    One that Dagster has noted before is raised at the first step.
    """
    replaced = (
        (dagster_errors, "raise_interrupts_as", _handled(interrupts.note_and_wait)),
        (dagster_execution, "capture_interrupts", _handled(_note_and_go_on)),
    )
    before = [getattr(module, name) for module, name, _ in replaced]
    handler = signal.getsignal(signal.SIGINT)
    try:
        for module, name, ours in replaced:
            setattr(module, name, ours)
        with interrupts.raising(DagsterExecutionInterruptedError):
            if _received_interrupt["received"]:
                interrupts.note_and_go_on(signal.SIGINT, None)
            yield
    finally:
        _received_interrupt["received"] = False
        for (module, name, _), theirs in zip(replaced, before, strict=True):
            setattr(module, name, theirs)
        signal.signal(signal.SIGINT, handler)


def _handled(handler: Callable[[int, FrameType | None], None]) -> Callable[..., AbstractContextManager[None]]:
    @contextmanager
    def handled(*_: object) -> Iterator[None]:
        # As Dagster does it; signals reach the main thread only.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)
        _replace_interrupt_signal(handler)
        try:
            if _received_interrupt["received"]:
                _received_interrupt["received"] = False
                interrupts.checkpoint()
            yield
        finally:
            _replace_interrupt_signal(before)

    return handled


def _note_and_go_on(number: int, frame: FrameType | None) -> None:
    # Between two assets: Dagster asks for it.
    _received_interrupt["received"] = True
    interrupts.note_and_go_on(number, frame)
