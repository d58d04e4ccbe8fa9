"""Logs in S3, as CloudTrail delivers them: listed and read over the network, nothing kept on disk."""

import errno
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, TypeVar

from assets.cloudtrail_usage.ahead import ahead
from assets.cloudtrail_usage.sources.aws import CONNECTIONS, Connection, client
from assets.cloudtrail_usage.sources.aws_faults import explained, refusal
from assets.cloudtrail_usage.sources.s3_objects import objects
from assets.cloudtrail_usage.sources.source import Folder, LogFile
from assets.errors import InputError

AHEAD_BYTES = 16 << 20
_RIGHTS = "s3:ListBucket on the bucket, s3:GetObject on the logs and, where they are encrypted, kms:Decrypt"
_WAITS = (0.1, 0.5)
T = TypeVar("T")


class _Object(NamedTuple):
    file: LogFile
    changed: datetime


@dataclass(frozen=True)
class S3Logs:
    """The logs below `s3://bucket/prefix`, which holds `AWSLogs/`; `org_id` for the trail of an organisation.

    Layout: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
    The clients and the threads are those of the process: all accounts share them.
    """

    bucket: str
    prefix: str = ""
    org_id: str | None = None
    connection: Connection = field(default_factory=Connection)

    @property
    def label(self) -> str:
        """Name of the place, for messages."""
        return self._place("").rstrip("/")

    def regions(self, account: str) -> Sequence[str]:
        """Return the region folders of the account, sorted; none when the account has no folder.

        Raises InputError when the bucket, `AWSLogs` or the organisation's folder is not there or refused, and
        RunError when S3 cannot be reached or does not answer.
        """
        base = f"{self._accounts()}/{account}/CloudTrail/"
        place = self._place(base)
        try:
            found = _asked(place, lambda: sorted(self._folders(base)))
            if not found:
                self._check_there()
        except OSError as error:
            raise refusal(error, place, _RIGHTS) from None
        return found

    def folder(self, account: str, folder: Folder) -> str:
        """Return where the files of a region and day lie, relative to the logs' root."""
        return f"{self._accounts()}/{account}/CloudTrail/{folder.region}/{folder.day:%Y/%m/%d}/"

    def list_many(self, account: str, folders: Iterable[Folder]) -> Iterator[Sequence[LogFile] | OSError]:
        """Yield for each folder its files, sorted by path, or why it cannot be listed."""
        for found in self._listed(account, folders):
            yield found if isinstance(found, OSError) else [entry.file for entry in found]

    def read_many(self, files: Sequence[LogFile]) -> Iterator[bytes | OSError]:
        """Yield for each object its content, or why it cannot be read; some are fetched ahead, by threads."""
        yield from ahead(
            _threads(),
            lambda file: self._read(file.path),
            files,
            most=2 * CONNECTIONS,
            weight=lambda file: file.size,
            heaviest=AHEAD_BYTES,
        )

    def changed(self, account: str, deliveries: Iterable[date]) -> Mapping[date, datetime]:
        """Return the newest LastModified (UTC) of the objects of each delivery day.

        An object that was removed does not show in it. S3 gives whole seconds, rounded down: one is added.
        """
        days = list(deliveries)
        regions = self.regions(account) if days else ()
        folders = [Folder(region, day) for day in days for region in regions]
        newest: dict[date, datetime] = {}
        for folder, found in zip(folders, self._listed(account, folders), strict=True):
            for entry in () if isinstance(found, OSError) else found:
                at = entry.changed + timedelta(seconds=1)
                newest[folder.day] = max(at, newest.get(folder.day, at))
        return newest

    def refuses(self, path: str) -> bool:
        """Say whether an object, or a folder (its path ends with `/`), may still not be read."""
        found = self._objects(path) if path.endswith("/") else self._read(path)
        return isinstance(found, PermissionError)

    def _listed(self, account: str, folders: Iterable[Folder]) -> Iterator[Sequence[_Object] | OSError]:
        def work(folder: Folder) -> Sequence[_Object] | OSError:
            return self._objects(self.folder(account, folder))

        return ahead(_threads(), work, folders, most=2 * CONNECTIONS)

    def _objects(self, folder: str) -> Sequence[_Object] | OSError:
        place = self._place(folder)
        try:
            pages = _asked(place, lambda: list(self._pages(folder)))
        except OSError as error:
            return error
        entries = (entry for page in pages for entry in page.get("Contents", ()))
        # A key that ends with a slash is a folder that somebody made in the console, and no file.
        return sorted(
            _Object(LogFile(entry["Key"][len(self._root) :], entry["Size"]), entry["LastModified"])
            for entry in entries
            if not entry["Key"].endswith("/")
        )

    def _read(self, path: str) -> bytes | OSError:
        quickly = objects(self.bucket, self.connection)
        content = quickly.get(self._root + path)
        if content is not None:
            return content
        found = self._read_patiently(path)
        if isinstance(found, bytes):
            quickly.missed()
        return found

    def _read_patiently(self, path: str) -> bytes | OSError:
        # botocore tries a request again, but not one whose answer breaks off in the middle of its body; and an
        # object that was listed and is not there may be back.
        for wait in _WAITS:
            found = self._read_once(path)
            if isinstance(found, bytes) or found.errno not in (errno.ENOENT, errno.ECONNRESET):
                return found
            time.sleep(wait)
        return self._read_once(path)

    def _read_once(self, path: str) -> bytes | OSError:
        place = self._place(path)
        try:
            answer = _asked(
                place, lambda: self._client().get_object(Bucket=self.bucket, Key=self._root + path)
            )
        except OSError as error:
            return error
        try:
            body: bytes = _asked(place, answer["Body"].read)
        except OSError as error:
            return OSError(errno.ECONNRESET, error.strerror)
        if len(body) != answer["ContentLength"]:
            return OSError(errno.ECONNRESET, f"{len(body)} of {answer['ContentLength']} bytes arrived")
        return body

    def _pages(self, path: str, **more: Any) -> Iterable[Any]:
        pages = self._client().get_paginator("list_objects_v2")
        found: Iterable[Any] = pages.paginate(Bucket=self.bucket, Prefix=self._root + path, **more)
        return found

    def _folders(self, base: str) -> Iterator[str]:
        pages = self._client(first=True).get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=self._root + base, Delimiter="/"):
            for entry in page.get("CommonPrefixes", ()):
                yield entry["Prefix"].rstrip("/").rpartition("/")[2]

    def _check_there(self) -> None:
        for folder in dict.fromkeys(("AWSLogs", self._accounts())):
            place = self._place(folder)
            pages = self._pages(f"{folder}/", MaxKeys=1)
            first = _asked(place, iter(pages).__next__)
            if "Contents" not in first:
                raise InputError(
                    f"{self.label}: no CloudTrail logs here, looked for {place}/; give the place that holds AWSLogs/"
                    + (f" and check 'org_id: {self.org_id}'" if self.org_id else "")
                )

    def _client(self, *, first: bool = False) -> Any:
        return client("s3", self.connection, first=first)

    def _accounts(self) -> str:
        return f"AWSLogs/{self.org_id}" if self.org_id else "AWSLogs"

    @property
    def _root(self) -> str:
        return f"{self.prefix}/" if self.prefix else ""

    def _place(self, path: str) -> str:
        return f"s3://{self.bucket}/{self._root}{path}"


def _asked(place: str, request: Callable[[], T]) -> T:
    try:
        return request()
    except Exception as error:
        raise explained(error, place) from None


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="s3")
