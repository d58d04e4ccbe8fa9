"""A log file's bytes into typed records: only the needed fields are decoded, and nothing is dropped."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from isal import igzip, isal_zlib

from assets.cloudtrail_usage.rejections import WHOLE_FILE, Defect, Reason


class Issuer(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity.sessionContext.sessionIssuer`."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None


class SessionAttributes(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity.sessionContext.attributes`."""

    creation_date: str | None = None


class SessionContext(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity.sessionContext`."""

    session_issuer: Issuer | None = None
    attributes: SessionAttributes | None = None
    source_identity: str | None = None
    # Only whether it is there matters.
    ec2_role_delivery: Any = None


class OnBehalfOf(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity.onBehalfOf`, the user of IAM Identity Center."""

    user_id: str | None = None


class InScopeOf(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity.inScopeOf`, the Lambda function, ECS task, ... that the credentials were issued to."""

    issuer_type: str | None = None
    credentials_issued_to: str | None = None


class UserIdentity(msgspec.Struct, gc=False, rename="camel"):
    """`userIdentity`, see `identity` for what its fields mean."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None
    invoked_by: str | None = None
    session_context: SessionContext | None = None
    on_behalf_of: OnBehalfOf | None = None
    access_key_id: str | None = None
    in_scope_of: InScopeOf | None = None
    identity_provider: str | None = None


_ABSENT = msgspec.Raw(b"null")


class Record(msgspec.Struct, gc=False):
    """The needed fields of one CloudTrail record; their names are those of the log in snake case.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """

    user_identity: UserIdentity = msgspec.field(name="userIdentity")
    event_time: str = msgspec.field(name="eventTime")
    event_source: str = msgspec.field(name="eventSource")
    event_name: str = msgspec.field(name="eventName")
    event_id: str | None = msgspec.field(default=None, name="eventID")
    event_type: str | None = msgspec.field(default=None, name="eventType")
    error_code: str | None = msgspec.field(default=None, name="errorCode")
    # Only whether there is one matters, so any type will do.
    error_message: Any = msgspec.field(default=None, name="errorMessage")
    recipient_account_id: str | None = msgspec.field(default=None, name="recipientAccountId")
    shared_event_id: str | None = msgspec.field(default=None, name="sharedEventID")
    # Decoded only where an event issues a session, see `assumption`.
    request: msgspec.Raw = msgspec.field(default=_ABSENT, name="requestParameters")
    response: msgspec.Raw = msgspec.field(default=_ABSENT, name="responseElements")
    resources: msgspec.Raw = msgspec.field(default=_ABSENT, name="resources")
    additional: msgspec.Raw = msgspec.field(default=_ABSENT, name="additionalEventData")


class _Typed(msgspec.Struct, gc=False):
    records: list[Record] = msgspec.field(name="Records")


class _Untyped(msgspec.Struct, gc=False):
    records: list[msgspec.Raw] = msgspec.field(name="Records")


@dataclass(frozen=True)
class LogContent:
    """What a log file holds: the `records` at their `positions` in it, and the `defects` of the others."""

    text: bytes = b""
    records: Sequence[Record] = ()
    positions: Sequence[int] = ()
    defects: Sequence[Defect] = ()

    def raw_record(self, position: int) -> bytes:
        """Return the text of a record of the file."""
        return bytes(self._raw_records[position])

    @cached_property
    def _raw_records(self) -> list[msgspec.Raw]:
        return _untyped.decode(self.text).records


_GZIP = b"\x1f\x8b"
_typed = msgspec.json.Decoder(_Typed)
_untyped = msgspec.json.Decoder(_Untyped)
_record = msgspec.json.Decoder(Record)


def read_records(data: bytes) -> LogContent:
    """Decode a log file as stored, gzip'd or not (told by its first bytes, not by its name). Never raises."""
    if not data:
        return _whole_file(Reason.EMPTY_FILE, "0 bytes")
    if data[:2] != _GZIP:
        return _content(data)
    # isal says no types.
    try:
        return _content(igzip.decompress(data))  # type: ignore[no-untyped-call]
    except EOFError as error:
        return _whole_file(Reason.TRUNCATED_GZIP, str(error))
    except (OSError, isal_zlib.error) as error:  # type: ignore[misc]
        return _whole_file(Reason.UNREADABLE_GZIP, str(error))


def _content(text: bytes) -> LogContent:
    try:
        return _decode(text)
    except msgspec.ValidationError as error:
        return _whole_file(Reason.NO_RECORDS, str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _decode_leniently(text, str(error))
    except RecursionError:
        return _whole_file(Reason.NOT_JSON, "nested too deeply")


def _decode(text: bytes) -> LogContent:
    try:
        records = _typed.decode(text).records
    except (msgspec.ValidationError, UnicodeDecodeError):
        return _decode_one_by_one(text)
    return LogContent(text, records, range(len(records)))


def _decode_one_by_one(text: bytes) -> LogContent:
    """Decode each record alone, so that a bad one does not take the others with it."""
    good: list[Record] = []
    positions: list[int] = []
    defects: list[Defect] = []
    for position, raw in enumerate(_untyped.decode(text).records):
        try:
            good.append(_record.decode(raw))
            positions.append(position)
        except UnicodeDecodeError as error:
            defects.append(Defect(position, Reason.INVALID_TEXT, str(error)))
        except msgspec.ValidationError as error:
            defects.append(_explain(position, raw, str(error)))
    return LogContent(text, good, positions, defects)


def _decode_leniently(text: bytes, first_error: str) -> LogContent:
    # msgspec refuses a file that has half a surrogate pair anywhere (a user agent cut in the middle of an
    # emoji); the standard library reads it, and the half becomes a question mark.
    try:
        content = json.dumps(json.loads(text), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        return _decode(content)
    except msgspec.ValidationError as error:
        return _whole_file(Reason.NO_RECORDS, str(error))
    except (ValueError, RecursionError):
        return _whole_file(Reason.NOT_JSON, first_error)


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


def _whole_file(reason: Reason, detail: str) -> LogContent:
    return LogContent(defects=(Defect(WHOLE_FILE, reason, detail),))
