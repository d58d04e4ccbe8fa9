"""Interrupts (SIGINT, and SIGTERM in a run): none is lost, none is raised where Polars would make something else of it.

Polars asks Python for types and rows. An error that a signal handler raises there is swallowed, or comes back as
another one, or as a panic, and what was being made may be wrong. So what arrives there waits until a `checkpoint`:
there is one before each table is put into its place.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NATIVE = "polars"


class _State:
    received = False
    # What is raised: a run of Dagster ends with an error of Dagster's own.
    error: type[BaseException] = KeyboardInterrupt


def received() -> bool:
    """Say whether an interrupt has arrived, whatever became of it: an error after that may come from it."""
    return _State.received


def checkpoint() -> None:
    """Raise the interrupt that has arrived, if one has."""
    if _State.received:
        raise _State.error


def note(_number: int, _frame: FrameType | None) -> None:
    """Handle a signal of a process that writes nothing at the moment: it is raised at once, wherever that may be."""
    _State.received = True
    raise KeyboardInterrupt


def note_and_go_on(_number: int, _frame: FrameType | None) -> None:
    """Handle a signal where nothing is to be raised: the next checkpoint does it."""
    _State.received = True


def note_and_wait(_number: int, frame: FrameType | None) -> None:
    """Handle a signal of a run: within Polars it waits until the next checkpoint."""
    _State.received = True
    if not _is_within(frame):
        raise _State.error


def say_interrupted() -> None:
    """Say on stderr what an interrupt means to what was being made."""
    text = "cloudtracker: interrupted; finished tables are kept, the next run makes the rest"
    sys.stderr.write(text + "\n")


def listen() -> None:
    """Note interrupts of this process. Where they are ignored, as in the background of a shell, they stay ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, note)


@contextmanager
def raising(error: type[BaseException]) -> Iterator[None]:
    """Raise that error from here on, and forget it afterwards; where it is swallowed, nothing is said on stderr."""
    before, hook = _State.error, sys.unraisablehook

    def silent(unraisable: "sys.UnraisableHookArgs") -> None:
        # It was noted.
        if unraisable.exc_type is not error:
            hook(unraisable)

    _State.received, _State.error = False, error
    sys.unraisablehook = silent
    try:
        yield
    finally:
        _State.received, _State.error = False, before
        sys.unraisablehook = hook


def _is_within(frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] == _NATIVE:
            return True
        frame = frame.f_back
    return False
