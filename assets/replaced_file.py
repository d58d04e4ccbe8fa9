"""A file outside of the lake that is replaced whole or not at all."""

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from assets.errors import StorageError


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a temporary file beside the path, which takes its place at the end, if nothing failed until then.

    Raises `StorageError` where it cannot be written. What goes wrong otherwise while the file is open, as where that is
    read which is to be written, passes as it is.
    """
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with io.BufferedWriter(_File(handle, path)) as file:
            yield cast(IO[bytes], file)
            with _told(path):
                file.flush()
                os.fsync(file.fileno())
        with _told(path):
            temporary.chmod(0o644)  # mkstemp's 0600 would hide the file from other users
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class _File(io.FileIO):
    """A file whose own errors are told from those of whoever writes it."""

    def __init__(self, handle: int, path: Path) -> None:
        super().__init__(handle, "wb")
        self._path = path

    def write(self, data: Any, /) -> int:
        with _told(self._path):
            return super().write(data)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror or error}; check the folder and its permissions"
        ) from None


def replace_file(path: Path, data: bytes) -> None:
    """Put these bytes there by way of `replacing`. Raises `StorageError`."""
    with replacing(path) as file:
        file.write(data)
