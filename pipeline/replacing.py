"""Files that are replaced whole or not at all, and what killed processes leave of that.

Each process notes in `<root>/.staging` what it is writing: to look for leftovers in all folders of a lake takes longer
than a run.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_STAGING, _NOTE = ".staging", "writing-"


@contextmanager
def replaced(path: Path, root: Path | None = None, written_at: float | None = None) -> Iterator[Path]:
    """Give a file to write, which then takes the place of `path`: a reader sees the old one or the new one.

    A killed process leaves the old one. What it leaves besides, `remove_left_behind` removes where `path` lies below
    `root`. `written_at` (seconds since 1970) is the time that the file bears, now where none is given. The folder must
    be there. Raises OSError.
    """
    # Beside the file, so that os.replace is atomic; the name begins with a dot, so that engines which read the
    # directory pass over it.
    temporary = path.parent / f".{path.name}.{os.getpid()}.tmp"
    note = _noted(root, temporary) if root is not None else None
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        if written_at is not None:
            os.utime(temporary, (written_at, written_at))
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)
        if note is not None:
            note.unlink(missing_ok=True)


def remove_left_behind(root: Path) -> None:
    """Remove what processes that were killed had begun to write below `root`; one that is alive keeps its own."""
    for note in (root / _STAGING).glob(f"{_NOTE}*"):
        owner = note.name.removeprefix(_NOTE).partition("-")[0]
        if owner.isdecimal() and _alive(int(owner)):
            continue
        # Another process may sweep as well, and it may not be ours to remove: then it stays.
        with suppress(OSError, ValueError):
            temporary = Path(os.path.normpath(root / note.read_text(encoding="utf-8")))
            if temporary.is_relative_to(root) and temporary.suffix == ".tmp":
                temporary.unlink(missing_ok=True)
            note.unlink(missing_ok=True)


def _noted(root: Path, temporary: Path) -> Path:
    note = root / _STAGING / f"{_NOTE}{os.getpid()}-{threading.get_ident()}"
    text = os.path.relpath(temporary, root)
    try:
        note.write_text(text, encoding="utf-8")
    except FileNotFoundError:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(text, encoding="utf-8")
    return note


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
