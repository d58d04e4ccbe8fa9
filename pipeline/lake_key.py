"""The secret that access key ids are hashed with: one for a lake, so that equal ids have equal hashes in all of it."""

import os
import secrets
import shlex
import stat
from contextlib import suppress
from pathlib import Path

from assets.errors import ConfigError, StorageError
from assets.number_words import number_of
from pipeline.replacing import temporary_beside

VARIABLE = "CLOUDTRACKER_KEY"
FILE = ".key"
_LEAST = 16
_MADE_OF = 32
_OF_OTHERS = 0o077


def lake_key(root: Path) -> bytes:
    """Return what CLOUDTRACKER_KEY holds, else what the file `.key` below `root` does, made at first need.

    Raises ConfigError where the variable is too short, StorageError where the file is, where it cannot be read, or
    where others than its owner may read or write it.
    """
    given = os.environ.get(VARIABLE)
    if given is not None:
        if len(given) < _LEAST:
            raise ConfigError(
                f"{VARIABLE}: has {number_of(len(given), 'character')} where {_LEAST} are the least; "
                f"unset it, or set it to a long random text (openssl rand -hex 32)"
            )
        return given.encode("utf-8", "surrogateescape")
    path = root / FILE
    try:
        if not path.exists():
            _make(path)
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            key = file.read()
    except OSError as error:
        raise StorageError(
            f"{path}: the key that access key ids are hashed with cannot be read or made: "
            f"{error.strerror or error}; check its permissions, or set {VARIABLE}"
        ) from None
    if len(key) < _LEAST:
        raise StorageError(
            f"{path}: has {number_of(len(key), 'byte')} where {_LEAST} are the least; put the old key back, or delete"
            " the file and make the days anew with 'cloudtracker run'"
        )
    if mode & _OF_OTHERS:
        # Who reads it can tell from the tables whether an access key id that they guess or know was used.
        raise StorageError(
            f"{path}: others than its owner may read or write the key that access key ids are hashed with (mode "
            f"{mode:04o}): chmod 600 {shlex.quote(str(path))}; where that changes nothing (some mounted volumes), set "
            f"{VARIABLE} instead (openssl rand -hex 32) and make the days anew with 'cloudtracker run'"
        )
    return key


def _make(path: Path) -> None:
    """Make the file whole and at once, mode 0600; where another process was first, its key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(path)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_MADE_OF))
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link does not replace what is there.
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
