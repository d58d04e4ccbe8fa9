"""A log file's bytes into typed records: only the needed fields are decoded, and nothing is dropped."""

import codecs
import json
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import msgspec
from isal import igzip, isal_zlib

from assets.cloudtrail_usage.records import Event, Record, UserIdentity, identity_of
from assets.cloudtrail_usage.rejections import WHOLE_FILE, Defect, Reason

_Who = TypeVar("_Who")
_ActorsOf = Callable[[Sequence[Event]], Sequence[_Who]]


class _Typed(msgspec.Struct, gc=False):
    records: list[Event] = msgspec.field(name="Records")


class _Untyped(msgspec.Struct, gc=False):
    records: list[msgspec.Raw] = msgspec.field(name="Records")


@dataclass(frozen=True)
class LogContent(Generic[_Who]):
    """What a log file holds: the `records` at their `positions` in it, and the `defects` of the others.

    `actors` are what `read_records` was told to make of each record's `userIdentity`.
    """

    text: bytes = b""
    records: Sequence[Event] = ()
    actors: Sequence[_Who] = ()
    positions: Sequence[int] = ()
    defects: Sequence[Defect] = ()

    def raw_record(self, position: int) -> bytes:
        """Return the text of a record of the file."""
        return bytes(self._raw_records[position])

    @cached_property
    def _raw_records(self) -> list[msgspec.Raw]:
        return _untyped.decode(self.text).records


_GZIP = b"\x1f\x8b"
# zlib's way to ask for the largest window, and for gzip's header and checksum.
_GZIP_BITS = 31
# Deflate makes nothing smaller than that (zlib.net, "Maximum Compression Factor").
_MOST_TIMES = 1_032
_typed = msgspec.json.Decoder(_Typed)
_untyped = msgspec.json.Decoder(_Untyped)
_record = msgspec.json.Decoder(Record)
_event = msgspec.json.Decoder(Event)


def identities_of(events: Sequence[Event]) -> Sequence[UserIdentity]:
    """Decode the `userIdentity` of each event. Raises as `identity_of`."""
    return [identity_of(event.user_identity) for event in events]


def read_records(data: bytes, actors_of: Callable[[Sequence[Event]], Sequence[_Who]]) -> LogContent[_Who]:
    """Decode a log file as stored, gzip'd or not (told by its first bytes, not by its name). Never raises.

    `actors_of` says who acted in each of some events, and raises as `identity_of` where it cannot be decoded.
    """
    if not data:
        return whole_file(Reason.EMPTY_FILE, "0 bytes")
    if data[:2] != _GZIP:
        return _content(data, actors_of)
    try:
        return _content(_decompressed(data), actors_of)
    except EOFError as error:
        return whole_file(Reason.TRUNCATED_GZIP, str(error))
    except (OSError, isal_zlib.error) as error:  # type: ignore[misc]
        return whole_file(Reason.UNREADABLE_GZIP, str(error))


def _decompressed(data: bytes) -> bytes:
    """Return the content of gzip'd data. Raises what `igzip.decompress` does."""
    # Its last four bytes are the length of what was compressed (RFC 1952), so that the text has its place at once; a
    # byte more lets the end be seen. Damaged data may say anything.
    length = min(int.from_bytes(data[-4:], "little"), _MOST_TIMES * len(data)) + 1
    whole = isal_zlib.decompressobj(_GZIP_BITS)
    with suppress(isal_zlib.error):  # type: ignore[arg-type]
        text = whole.decompress(data, length)
        if whole.eof and not whole.unused_data:
            return text
    # Of several members, or damaged. isal says no types.
    return igzip.decompress(data)  # type: ignore[no-untyped-call, no-any-return]


def _content(text: bytes, actors_of: _ActorsOf[_Who]) -> LogContent[_Who]:
    try:
        return _decode(text, actors_of)
    except msgspec.ValidationError as error:
        return whole_file(Reason.NO_RECORDS, str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _decode_leniently(text, str(error), actors_of)
    except RecursionError:
        return whole_file(Reason.NOT_JSON, "nested too deeply")


def _decode(text: bytes, actors_of: _ActorsOf[_Who]) -> LogContent[_Who]:
    try:
        records = _typed.decode(text).records
        actors = actors_of(records)
    except (msgspec.ValidationError, UnicodeDecodeError):
        return _decode_one_by_one(text, actors_of)
    return LogContent(text, records, actors, range(len(records)))


def _decode_one_by_one(text: bytes, actors_of: _ActorsOf[_Who]) -> LogContent[_Who]:
    """Decode each record alone, so that a bad one does not take the others with it."""
    good: list[Event] = []
    actors: list[_Who] = []
    positions: list[int] = []
    defects: list[Defect] = []
    for position, raw in enumerate(_untyped.decode(text).records):
        try:
            event, who = _alone(raw, actors_of)
            actors.extend(who)
            good.append(event)
            positions.append(position)
        except UnicodeDecodeError as error:
            defects.append(Defect(position, Reason.INVALID_TEXT, str(error)))
        except msgspec.ValidationError as error:
            defects.append(_explain(position, raw, str(error)))
    return LogContent(text, good, actors, positions, defects)


def _alone(raw: msgspec.Raw, actors_of: _ActorsOf[_Who]) -> tuple[Event, Sequence[_Who]]:
    """Decode one record. Raises msgspec.ValidationError and UnicodeDecodeError."""
    try:
        return _one(raw, actors_of)
    except msgspec.ValidationError as error:
        # A number that no float can hold, where any type will do: an event less would be a use less.
        if _OUT_OF_RANGE not in str(error):
            raise
        try:
            within = _rewritten(bytes(raw))
        except (ValueError, RecursionError):
            raise error from None
        return _one(within, actors_of)


def _one(raw: bytes | msgspec.Raw, actors_of: _ActorsOf[_Who]) -> tuple[Event, Sequence[_Who]]:
    # With the identity, so that what is wrong is said of the whole record.
    _record.decode(raw)
    event = _event.decode(raw)
    return event, actors_of([event])


# msgspec's words: "Number out of range", "Integer value out of range".
_OUT_OF_RANGE = "out of range"


def _decode_leniently(text: bytes, first_error: str, actors_of: _ActorsOf[_Who]) -> LogContent[_Who]:
    # msgspec refuses a file that has half a surrogate pair anywhere (a user agent cut in the middle of an
    # emoji); the standard library reads it, and the half becomes a question mark.
    # What else is wrong stays so, and concerns its own record.
    try:
        return _decode(_rewritten(text), actors_of)
    except msgspec.ValidationError as error:
        return whole_file(Reason.NO_RECORDS, str(error))
    except (ValueError, RecursionError):
        return whole_file(Reason.NOT_JSON, first_error)


def _rewritten(text: bytes) -> bytes:
    """Return JSON as msgspec reads it: `?` for half a surrogate pair, 1 for a number that no float can hold.

    Where text is needed, a number still is none. Raises ValueError and RecursionError where it is no JSON.
    """
    read = json.loads(text.decode("utf-8", "surrogateescape"), parse_float=_finite, parse_int=_whole)
    return json.dumps(read, ensure_ascii=False, allow_nan=False).encode("utf-8", _HALVES)


_HALVES = "cloudtracker.halves"


def _written(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write bytes that are no UTF-8 as they were, and a half of a surrogate pair as a question mark."""
    assert isinstance(error, UnicodeEncodeError)
    code = ord(error.object[error.start])
    return bytes([code - 0xDC00]) if 0xDC80 <= code <= 0xDCFF else b"?", error.start + 1


codecs.register_error(_HALVES, _written)


# What has more no float can hold, and Python does not read it.
_MOST_DIGITS = 300


def _whole(number: str) -> int:
    return int(number) if len(number) < _MOST_DIGITS else 1


def _finite(number: str) -> float:
    return value if math.isfinite(value := float(number)) else 1


def _explain(position: int, raw: msgspec.Raw, error: str) -> Defect:
    """Find the reason why a record did not fit the needed fields."""
    try:
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return Defect(position, Reason.RECORD_NOT_OBJECT, error)
    except UnicodeDecodeError as bad_text:
        return Defect(position, Reason.INVALID_TEXT, str(bad_text))

    def value(name: str) -> bytes:
        return bytes(fields.get(name, b"null"))

    if value("userIdentity") == b"null":
        return Defect(position, Reason.IDENTITY_MISSING, "no userIdentity")
    if not value("eventTime").startswith(b'"'):
        return Defect(position, Reason.BAD_EVENT_TIME, f"eventTime is {_shown(value('eventTime'))}")
    if value("eventSource") == b"null":
        return Defect(position, Reason.MISSING_EVENT_SOURCE, "no eventSource")
    if value("eventName") == b"null":
        return Defect(position, Reason.MISSING_EVENT_NAME, "no eventName")
    return Defect(position, Reason.WRONG_TYPE, error)


def _shown(value: bytes) -> str:
    return value[:60].decode("utf-8", "replace")


def whole_file(reason: Reason, detail: str) -> LogContent[Any]:
    """Return the content of a file that could not be read."""
    return LogContent(defects=(Defect(WHOLE_FILE, reason, detail),))
