"""Where an account's IAM data comes from, and when it was true."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assets.errors import InputError


@dataclass(frozen=True)
class IamFile:
    """A file in the format of `aws iam get-account-authorization-details`.

    `stated` is when the configuration says that it was true; without it the file's modification time stands,
    marked as such.
    """

    account: str
    path: Path
    label: str
    stated: datetime | None = None

    @property
    def taken_at(self) -> datetime:
        """When its contents were true (UTC)."""
        if self.stated is not None:
            return self.stated if self.stated.tzinfo else self.stated.replace(tzinfo=UTC)
        return datetime.fromtimestamp(int(self._stat().st_mtime), UTC)

    @property
    def taken_at_source(self) -> str:
        """Who says so: `configuration` or `file_time`."""
        return "configuration" if self.stated is not None else "file_time"

    @property
    def changed_at(self) -> datetime:
        """When the file was last touched here (UTC); unlike the modification time it cannot be set back."""
        return datetime.fromtimestamp(self._stat().st_ctime, UTC)

    def read(self) -> bytes:
        """Return its bytes. Raises `InputError` naming the file."""
        with self._named():
            return self.path.read_bytes()

    def _stat(self) -> os.stat_result:
        with self._named():
            return self.path.stat()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise InputError(
                f"{self.label}: there is no such file; write it with:"
                " aws iam get-account-authorization-details > FILE"
            ) from None
        except OSError as error:
            raise InputError(f"{self.label}: cannot be read: {error.strerror or error}") from None
