"""What a place that holds CloudTrail logs can do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol


class LogFile(NamedTuple):
    """A file in a log folder: `path` relative to the logs' root (with `/`), `size` in bytes as stored."""

    path: str
    size: int


class Folder(NamedTuple):
    """The files that a region delivered on a day."""

    region: str
    day: date


class LogSource(Protocol):
    """A place in AWS's layout: `AWSLogs/[o-orgid/]<account>/CloudTrail/<region>/YYYY/MM/DD/`.

    A source is sent to other processes, so it must be picklable.
    """

    @property
    def label(self) -> str:
        """Name of the place, for messages."""
        ...

    def regions(self, account: str) -> Sequence[str]:
        """Return the region folders that the account has, sorted; none when it has no logs at all.

        Raises InputError when the place itself is not there, RunError when it cannot be reached.
        """
        ...

    def folder(self, account: str, folder: Folder) -> str:
        """Return where the files of a region and day lie, relative to the logs' root, ending with `/`."""
        ...

    def list_many(self, account: str, folders: Iterable[Folder]) -> Iterator[Sequence[LogFile] | OSError]:
        """Yield for each folder its files, sorted by path (none where it is not there), or why it cannot be listed.

        Raises what makes going on useless: InputError (credentials, no such place), RunError (no connection).
        """
        ...

    def read_many(self, files: Sequence[LogFile]) -> Iterator[bytes | OSError]:
        """Yield for each file its content as stored, compressed or not, or why it cannot be read.

        A PermissionError says that it was refused. What is read ahead is bounded. Raises as `list_many` does.
        """
        ...

    def changed(self, account: str, deliveries: Iterable[date]) -> Mapping[date, datetime]:
        """Return when the folders of each delivery day last changed (UTC); days without folders are left out."""
        ...

    def refuses(self, path: str) -> bool:
        """Say whether a file, or a folder (its path ends with `/`), may still not be read."""
        ...
