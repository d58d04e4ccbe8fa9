"""Where an account's IAM data comes from, and when it was true."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from assets.errors import InputError


class IamSource(Protocol):
    """Where one account's IAM data comes from."""

    @property
    def label(self) -> str:
        """What names it in errors and in the document's row."""
        ...

    @property
    def taken_at_source(self) -> str:
        """Who says when it was true: one of `schema.TAKEN_AT_SOURCES`."""
        ...

    @property
    def offered(self) -> tuple[datetime, ...]:
        """When it was true, for days that are filled from the nearest."""
        ...

    @property
    def changed_at(self) -> datetime | None:
        """When it last changed here (UTC), None where nobody knows."""
        ...

    def stands_for(self, day: date, today: date, stored: Collection[datetime]) -> datetime | None:
        """Return when the snapshot was taken that must stand for a day, None where the nearest stands."""
        ...

    def gives(self, taken_at: datetime, stored: Collection[datetime]) -> bool:
        """Whether `read` returns the snapshot of that time, and what is stored does not stand for it.

        `stored`: the times of the snapshots that are stored.
        """
        ...

    def refusal(self, day: date) -> str:
        """Say why it has nothing for a day."""
        ...

    def read(self) -> bytes:
        """Return the document. Raises `InputError` or `RunError`."""
        ...


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

    @property
    def offered(self) -> tuple[datetime, ...]:
        """The one time at which it was true."""
        return (self.taken_at,)

    def stands_for(self, day: date, today: date, stored: Collection[datetime]) -> datetime | None:
        """Return its time for today: the file is what there is, however old."""
        del stored
        return self.taken_at if day == today else None

    def gives(self, taken_at: datetime, stored: Collection[datetime]) -> bool:
        """Whether that is the time at which it was true; the file may have changed since it was stored."""
        del stored
        return taken_at == self.taken_at

    def refusal(self, day: date) -> str:
        """Never asked: a file stands for every day."""
        return f"{self.label} is not of {day}"

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
            place = str(self.path.absolute())
            where = "" if place == self.label else f" ({place})"
            raise InputError(
                f"{self.label}: there is no such file{where}; write it with:"
                " aws iam get-account-authorization-details > FILE"
            ) from None
        except OSError as error:
            raise InputError(f"{self.label}: cannot be read: {error.strerror or error}") from None
