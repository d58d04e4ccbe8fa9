"""A text file of facts replaced whole or not at all."""

import os
import tempfile
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Write `text` beside `path` and move it there: a reader sees the old file or the new one.

    Raises OSError; then the old file stands and nothing is left behind.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # mkstemp's 0600 would hide the file from other users
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
