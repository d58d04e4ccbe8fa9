"""What a place that holds CloudTrail logs can do."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Protocol


class LogFile(NamedTuple):
    """A file in a log folder: `path` relative to the logs' root (with `/`), `size` in bytes as stored."""

    path: str
    size: int


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

        Raises InputError when the place itself is not there.
        """
        ...

    def list(self, account: str, region: str, day: date) -> Sequence[LogFile]:
        """Return every file below the folder of that delivery day, sorted by path; none if not there."""
        ...

    def read(self, path: str) -> bytes:
        """Return a file's content as stored, compressed or not. Raises OSError when it cannot be read."""
        ...
