"""What LookupEvents gave for a region and day, on disk: pages while it goes on, one log file at the end."""

import gzip
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec

from assets.cloudtrail_usage.sources.source import LogFile

_FILE = "lookup.json.gz"


class _When(msgspec.Struct):
    time: str = msgspec.field(name="eventTime")
    id: str = msgspec.field(default="", name="eventID")


class LookedUp:
    """The folder of one region and day below `store`; nobody but the owner may read it.

    LookupEvents gives the newest events first. A fetch that was killed goes on before its oldest event, where the
    day could not change any more when it began; else it begins again.
    """

    def __init__(self, store: Path, path: str, day: date, late_hours: int) -> None:
        """Take the folder's `path` relative to the store."""
        self._path = path
        self._folder = store / path
        self._pages = self._folder.parent / f".{day:%d}.pages"
        self._began = datetime.now(UTC)
        self._start = datetime.combine(day, time(), UTC)
        self._settled = (self._start + timedelta(days=1, hours=late_hours)).timestamp()

    def is_final(self) -> bool:
        """Say whether the day was fetched, by a fetch that began when nothing could be added any more."""
        file = self._folder / _FILE
        return file.exists() and file.stat().st_mtime >= self._settled

    def files(self) -> Sequence[LogFile]:
        """Return the file that was fetched, none where nothing was."""
        file = self._folder / _FILE
        return [LogFile(self._path + _FILE, file.stat().st_size)] if file.exists() else []

    def begin(self) -> Mapping[str, Any] | None:
        """Return the parameters of the first request (times UTC)."""
        end = self._start + timedelta(days=1, seconds=-1)
        pages = sorted(self._pages.glob("*.json"))
        if pages and pages[0].stat().st_mtime < self._settled:
            shutil.rmtree(self._pages)
            pages = []
        if pages:
            end = min(end, *(datetime.fromisoformat(when.time) for when in _whens(pages[-1])))
        self._pages.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._number = len(pages)
        return {"StartTime": self._start, "EndTime": end}

    def add(
        self, events: Sequence[str], asked: Mapping[str, Any], token: str | None
    ) -> Mapping[str, Any] | None:
        """Keep a page of records (JSON text), and return the parameters of the next request, None after the last."""
        if events:
            _write(self._pages / f"{self._number:06}.json", _records(events), self._began)
            self._number += 1
        return {**asked, "NextToken": token} if token else None

    def end(self) -> None:
        """Put the pages into one log file, each event once, sorted: the same events give the same bytes."""
        found = {}
        # In order: of an event that two fetches gave, and AWS writes otherwise, the last one stands.
        for page in sorted(self._pages.glob("*.json")):
            for raw in msgspec.json.decode(page.read_bytes(), type=dict[str, list[msgspec.Raw]])["Records"]:
                when = msgspec.json.decode(raw, type=_When)
                found[when.time, when.id, "" if when.id else bytes(raw)] = bytes(raw).decode()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = _records([found[key] for key in sorted(found, key=str)])
        _write(self._folder / _FILE, gzip.compress(text, mtime=0), self._began)
        shutil.rmtree(self._pages, ignore_errors=True)


def _records(events: Sequence[str]) -> bytes:
    return b'{"Records":[' + ",".join(events).encode() + b"]}"


def _whens(page: Path) -> list[_When]:
    return msgspec.json.decode(page.read_bytes(), type=dict[str, list[_When]])["Records"]


def _write(path: Path, content: bytes, began: datetime) -> None:
    # The file bears the time at which its fetch began: what came later is not in it.
    # Of a name that no other process has, one of the same id in another container neither; for the owner alone.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.utime(temporary, (began.timestamp(), began.timestamp()))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
