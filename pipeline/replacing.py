"""Files that are replaced whole or not at all, and what killed processes leave of that.

Whoever writes keeps a note of it in `<root>/.staging`, locked: to look for leftovers in all folders takes longer
than a run. A lock and no process id: containers that share a lake do not see each other's processes.
"""

import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from pipeline.interrupts import checkpoint

_STAGING, _NOTE = ".staging", "writing-"


@contextmanager
def replaced(path: Path, root: Path | None = None, written_at: float | None = None) -> Iterator[Path]:
    """Give a file to write, which then takes the place of `path`: a reader sees the old one or the new one.

    A killed process leaves the old one. What it leaves besides, `remove_left_behind` removes where `path` lies below
    `root`. `written_at` (seconds since 1970) is the time that the file bears, now where none is given. The folder must
    be there. Raises OSError, and an interrupt that has arrived.
    """
    temporary = temporary_beside(path)
    with _noted(root, temporary) if root is not None else nullcontext():
        try:
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            if written_at is not None:
                os.utime(temporary, (written_at, written_at))
            # What an interrupt has disturbed may look whole.
            checkpoint()
            temporary.replace(path)
            _sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def temporary_beside(path: Path) -> Path:
    """Return the name of a file that nobody else writes, to be renamed to `path`.

    A process id does not tell writers apart: two containers that share a folder both have a process 7, and either
    would publish what the other has half written.
    """
    # Beside the file, so that os.replace is atomic; the name begins with a dot, so that engines which read the
    # directory pass over it.
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")


def remove_left_behind(root: Path) -> None:
    """Remove what processes that were killed had begun to write below `root`; one that is alive keeps its own."""
    for note in (root / _STAGING).glob(f"{_NOTE}*"):
        # It may be locked, gone by now, or not ours to remove: then it stays.
        with suppress(OSError, ValueError), note.open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            temporary = Path(os.path.normpath(root / file.read()))
            if temporary.is_relative_to(root) and temporary.suffix == ".tmp":
                temporary.unlink(missing_ok=True)
            note.unlink(missing_ok=True)


@contextmanager
def _noted(root: Path, temporary: Path) -> Iterator[None]:
    folder = root / _STAGING
    folder.mkdir(parents=True, exist_ok=True)
    handle, note = tempfile.mkstemp(prefix=_NOTE, dir=folder)
    try:
        # The system lets go of the lock when the process ends, however it ends.
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.write(handle, os.path.relpath(temporary, root).encode())
        yield
    finally:
        Path(note).unlink(missing_ok=True)
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
