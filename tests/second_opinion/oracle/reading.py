"""The raw log files of a folder: every record of them, and what cannot be read."""

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

Json = dict[str, Any]

# README, The configuration: digest, insight and aggregated files are skipped by name.
_NO_LOGS = ("CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-Aggregated")
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_TEXTS = ("eventID", "eventType", "errorCode", "recipientAccountId", "eventSource", "eventName")
_IDENTITY_TEXTS = ("type", "principalId", "arn", "accountId", "userName", "invokedBy")


@dataclass(frozen=True)
class Event:
    """A record that can be read: `id` is its eventID, or its whole content where it has none."""

    id: str
    time: datetime
    record: Json
    region: str
    file: str


@dataclass(frozen=True)
class Rejected:
    """A row of rejected_records; `position` is -1 for a whole file."""

    region: str
    file: str
    position: int
    reason: str


@dataclass(frozen=True)
class Delivery:
    """What was delivered on a day: the bytes and files of each region, the events and what could not be read."""

    files: dict[str, list[int]]
    events: list[Event]
    rejected: list[Rejected]


def regions_of(folder: Path) -> list[str]:
    """Return the region folders of an account's folder."""
    cloudtrail = folder / "CloudTrail"
    return sorted(one.name for one in cloudtrail.iterdir() if one.is_dir()) if cloudtrail.is_dir() else []


def delivered_on(day: date, logs: Path, folder: Path, account: str) -> Delivery:
    """Read all files of a delivery day. DESIGN 3, Usage, Paths: .../CloudTrail/<region>/YYYY/MM/DD/*."""
    found = Delivery({}, [], [])
    for region in regions_of(folder):
        there = folder / "CloudTrail" / region / f"{day:%Y/%m/%d}"
        sizes = found.files.setdefault(region, [])
        for path in sorted(there.iterdir()) if there.is_dir() else []:
            if any(part in path.name for part in _NO_LOGS):
                continue
            data, file = path.read_bytes(), str(path.relative_to(logs))
            sizes.append(len(data))
            if not path.name.lower().endswith((".json", ".json.gz")):
                found.rejected.append(Rejected(region, file, -1, "unexpected_file"))
                continue
            records = _records(data)
            if isinstance(records, str):
                found.rejected.append(Rejected(region, file, -1, records))
                continue
            for position, record in enumerate(records):
                reason = _defect(record, day, account)
                if reason:
                    found.rejected.append(Rejected(region, file, position, reason))
                else:
                    # Data dictionary, last_event_id: a hash where the record has no eventID. Copies share it.
                    id_ = record.get("eventID") or json.dumps(record, sort_keys=True)
                    time = time_of(record["eventTime"])
                    assert time is not None
                    found.events.append(Event(id_, time, record, region, file))
    return found


def _records(data: bytes) -> list[Any] | str:
    """Return the records of a file, or the reason why there are none: data dictionary, rejected_records.reason."""
    if not data:
        return "empty_file"
    # Whether a file is compressed is told by its content: README, "both .json.gz and .json are read".
    if data.startswith(b"\x1f\x8b"):
        try:
            data = b"".join(_members(data))
        except EOFError:
            return "truncated_gzip"
        except zlib.error:
            return "unreadable_gzip"
    try:
        content = json.loads(data.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return "not_json"
    if not isinstance(content, dict) or not isinstance(content.get("Records"), list):
        return "no_records"
    return list(content["Records"])


def _members(data: bytes) -> Iterator[bytes]:
    while data:
        if not data.startswith(b"\x1f\x8b"):
            # "or something that is no gzip follows it"
            raise EOFError
        member = zlib.decompressobj(31)
        yield member.decompress(data)
        if not member.eof:
            raise EOFError
        data = member.unused_data


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def _defect(record: Any, delivery: date, account: str) -> str:
    """Return why a record cannot be read, "" where it can: data dictionary, Closed sets, rejected_records.reason."""
    if not isinstance(record, dict):
        return "record_not_object"
    identity = record.get("userIdentity")
    if identity is None:
        return "identity_missing"
    if not isinstance(record.get("eventTime"), str):
        return "bad_event_time"
    for name in ("eventSource", "eventName"):
        if record.get(name) in (None, ""):
            return "missing_event_source" if name == "eventSource" else "missing_event_name"
    if not isinstance(identity, dict):
        return "wrong_type"
    texts = [record.get(name) for name in _TEXTS] + [identity.get(name) for name in _IDENTITY_TEXTS]
    if not all(text is None or isinstance(text, str) for text in texts):
        return "wrong_type"
    time = time_of(record["eventTime"])
    # "days after delivery": the clock of a service may be fast, so a day is left to it
    # (tests/assets/cloudtrail_usage/test_days_of_events.py).
    if time is None or time.date() > delivery + timedelta(days=1):
        return "bad_event_time"
    return "foreign_recipient" if record.get("recipientAccountId") not in (None, account) else ""


def time_of(text: str) -> datetime | None:
    """Return an RFC 3339 time in UTC, None where it is none (Closed sets, bad_event_time); cut to microseconds."""
    match = _RFC_3339.fullmatch(text)
    if match is None:
        return None
    try:
        time = datetime.fromisoformat(f"{match[1]}T{match[2]}{match[4].upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    fraction = int((match[3] or ".")[1:7].ljust(6, "0"))
    return time + timedelta(microseconds=fraction) if time.year >= 1970 else None
