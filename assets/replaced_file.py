"""A file outside of the lake that is replaced whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from assets.errors import StorageError


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a temporary file beside the path, which takes its place at the end, if nothing failed until then.

    Raises `StorageError` where it cannot be written.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # mkstemp's 0600 would hide the file from other users
        temporary.replace(path)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror or error}; check the folder and its permissions"
        ) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def replace_file(path: Path, data: bytes) -> None:
    """Put these bytes there by way of `replacing`. Raises `StorageError`."""
    with replacing(path) as file:
        file.write(data)
