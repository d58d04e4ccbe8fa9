"""Nothing can be written any more: said as the error that it is, whoever met it first."""

import errno
import os
import re

import polars as pl

from assets.errors import StorageError

# Only who writes meets these. Polars says the number in its words.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
_OS_ERROR = re.compile(r"\(os error (\d+)\)")


def no_room(error: BaseException | None) -> str | None:
    """Return in the system's words why nothing can be written any more, None where an error does not come from that."""
    while error is not None:
        number = error.errno if isinstance(error, OSError) else None
        polars = isinstance(error, pl.exceptions.PolarsError | pl.exceptions.PanicException)
        if polars and (said := _OS_ERROR.search(str(error))):
            number = int(said[1])
        if number in _NO_ROOM:
            return os.strerror(number or 0)
        error = error.__cause__
    return None


def full_disk(error: BaseException | None) -> StorageError | None:
    """Return what to tell where an error comes from a disk without room, None where it does not."""
    reason = no_room(error)
    if reason is None:
        return None
    return StorageError(
        f"cannot be written: {reason}; make room for 'storage: root', for temporary files and where the answer goes"
    )
