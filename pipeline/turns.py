"""Turns: runs that Dagster starts and that make tables of the same account follow one another.

The queue keeps apart what the schedule and the sensors ask for, by its tags; what somebody launches in the UI bears
none. A diff that is made beside the usage it reads would be the newer one, and never be made again.

A turn is a locked file below `<root>/.turns`. The system lets go of the lock when the process ends, however it ends:
what is locked tells which runs are alive, too. No Dagster in here.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_FOLDER, _ALL = ".turns", "all"
_LOOK_AGAIN_AFTER = 0.2


@contextmanager
def alive(root: Path, run: str) -> Iterator[None]:
    """Show that a run is at work, for as long as its process lives."""
    with ExitStack() as held:
        path = _path(root, f"run-{run}")
        fcntl.flock(_opened(path, held), fcntl.LOCK_EX)
        held.callback(path.unlink, missing_ok=True)
        yield


def is_alive(root: Path, run: str) -> bool:
    """Whether the process of a run is at work."""
    try:
        handle = os.open(_path(root, f"run-{run}"), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _locked(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


@contextmanager
def turn(root: Path, account: str | None) -> Iterator[None]:
    """Wait until no other run makes tables of that account, or, for None, of any account."""
    with ExitStack() as held:
        everything = _opened(_path(root, _ALL), held)
        _wait(everything, fcntl.LOCK_EX if account is None else fcntl.LOCK_SH)
        if account is not None:
            _wait(_opened(_path(root, f"account-{account}"), held), fcntl.LOCK_EX)
        yield


def _path(root: Path, name: str) -> Path:
    folder = root / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _opened(path: Path, held: ExitStack) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    held.callback(os.close, handle)
    return handle


def _wait(handle: int, lock: int) -> None:
    # Not in the system: an interrupt ends it between two looks.
    while not _locked(handle, lock):
        time.sleep(_LOOK_AGAIN_AFTER)


def _locked(handle: int, lock: int) -> bool:
    try:
        fcntl.flock(handle, lock | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
