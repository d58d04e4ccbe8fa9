"""Logs in a local directory, laid out as AWS delivers them to S3."""

import errno
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from assets.cloudtrail_usage.sources.source import Folder, LogFile
from assets.errors import InputError

# Files that are open before it is their turn.
_AHEAD = 16


@dataclass(frozen=True)
class LocalLogs:
    """The logs below `root`, a directory that holds `AWSLogs/`; `org_id` for the trail of an organisation.

    Layout: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
    """

    root: Path
    org_id: str | None = None

    @property
    def label(self) -> str:
        """Name of the place, for messages."""
        return str(self.root)

    def regions(self, account: str) -> Sequence[str]:
        """Return the region folders of the account, sorted; none when the account has no folder.

        Raises InputError when the root, `AWSLogs` or the organisation's folder is not there.
        """
        folder = self._accounts() / account / "CloudTrail"
        try:
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries if entry.is_dir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise InputError(f"{folder}: the log folder cannot be listed: {error.strerror}") from error
        for name in names:
            if name != name.encode(errors="replace").decode():
                raise InputError(
                    f"{folder}: holds a folder whose name is no UTF-8, {name!r}; rename or remove it"
                )
        return names

    def folder(self, account: str, folder: Folder) -> str:
        """Return where the files of a region and day lie, relative to the logs' root."""
        path = self._accounts() / account / "CloudTrail" / folder.region / f"{folder.day:%Y/%m/%d}"
        return f"{path.relative_to(self.root)}/"

    def list_many(self, account: str, folders: Iterable[Folder]) -> Iterator[Sequence[LogFile] | OSError]:
        """Yield for each folder its files, as `list` does."""
        return (self.list(account, folder.region, folder.day) for folder in folders)

    def list(self, account: str, region: str, day: date) -> Sequence[LogFile]:
        """Return every file below the folder of that delivery day, sorted by path; none if it is not there.

        Raises InputError when the folder cannot be listed: silence would read as a day without use.
        """
        where = self.folder(account, Folder(region, day))
        folder = self.root / where
        # A path's part below the folder: `relpath` takes longer than looking at the file.
        below = len(str(folder)) + 1
        try:
            return sorted(LogFile(where + path[below:], size) for path, size in _files(folder))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise InputError(f"{folder}: the log folder cannot be listed: {error.strerror}") from error

    def read_many(self, files: Sequence[LogFile]) -> Iterator[bytes | OSError]:
        """Yield for each file its content as stored, or why it cannot be read."""
        opened: deque[int | OSError] = deque()
        try:
            for file in files:
                opened.append(self._opened(file.path))
                if len(opened) > _AHEAD:
                    yield _content(opened.popleft())
            while opened:
                yield _content(opened.popleft())
        finally:
            for handle in opened:
                if isinstance(handle, int):
                    os.close(handle)

    def _opened(self, path: str) -> int | OSError:
        """Open a file, and let the system fetch it from the disk: a day has thousands of small ones."""
        try:
            # By name: half of the time that Path takes.
            handle = os.open(os.path.join(self.root, path), os.O_RDONLY)  # noqa: PTH118
        except OSError as error:
            return error
        if hasattr(os, "posix_fadvise"):
            # Where a file cannot be fetched ahead (a pipe), reading it says what is wrong, if anything is.
            with suppress(OSError):
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_WILLNEED)
        return handle

    def refuses(self, path: str) -> bool:
        """Say whether a file, or a folder, may still not be read."""
        return not os.access(self.root / path, os.R_OK)

    def changed(self, account: str, deliveries: Iterable[date]) -> Mapping[date, datetime]:
        """Return when the folders of each delivery day last changed (UTC); days without folders are left out.

        A folder's change time moves when a file is added, removed or renamed in it, and cannot be set back.
        """
        base, regions = self._accounts() / account / "CloudTrail", self.regions(account)
        found = {}
        for day in deliveries:
            folders = (base / region / f"{day:%Y/%m/%d}" for region in regions)
            times = [folder.stat().st_ctime for folder in folders if folder.is_dir()]
            if times:
                found[day] = datetime.fromtimestamp(max(times), UTC)
        return found

    def _accounts(self) -> Path:
        logs = self.root / "AWSLogs"
        if not logs.is_dir():
            raise InputError(
                f"{self.root}: no CloudTrail logs here, looked for the directory {logs}; "
                "give the directory that holds AWSLogs/"
            )
        if not self.org_id:
            return logs
        if not (logs / self.org_id).is_dir():
            raise InputError(
                f"{logs}: no folder of the organisation {self.org_id}, looked for {logs / self.org_id}"
            )
        return logs / self.org_id


def _content(opened: int | OSError) -> bytes | OSError:
    if isinstance(opened, OSError):
        return opened
    try:
        with open(opened, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        return error


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_folder(entry):
                yield from _files(Path(entry.path))
            else:
                yield entry.path, _size(entry)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return False


def _size(entry: os.DirEntry[str]) -> int:
    # A file that vanishes between listing and looking, or a link to nothing or to itself, is met again when it is read.
    try:
        return entry.stat().st_size
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ELOOP):
            raise
        return 0
