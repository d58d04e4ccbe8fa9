"""Why a file or a record of the logs could not be read: the closed set of reasons."""

from enum import StrEnum
from typing import NamedTuple

WHOLE_FILE = -1
"""The `position` of a rejection that concerns a file and not one of its records."""


class Reason(StrEnum):
    """The values of `rejected_records.reason`; `REASONS` says what each means."""

    UNEXPECTED_FILE = "unexpected_file"
    UNREADABLE_FILE = "unreadable_file"
    UNLISTED_FOLDER = "unlisted_folder"
    ACCESS_DENIED = "access_denied"
    EMPTY_FILE = "empty_file"
    TRUNCATED_GZIP = "truncated_gzip"
    UNREADABLE_GZIP = "unreadable_gzip"
    NOT_JSON = "not_json"
    NO_RECORDS = "no_records"
    RECORD_NOT_OBJECT = "record_not_object"
    IDENTITY_MISSING = "identity_missing"
    BAD_EVENT_TIME = "bad_event_time"
    MISSING_EVENT_SOURCE = "missing_event_source"
    MISSING_EVENT_NAME = "missing_event_name"
    WRONG_TYPE = "wrong_type"
    INVALID_TEXT = "invalid_text"
    FOREIGN_RECIPIENT = "foreign_recipient"


REASONS: dict[Reason, str] = {
    Reason.UNEXPECTED_FILE: "a file in a log folder that is no log, digest, Insight or Aggregated file",
    Reason.UNREADABLE_FILE: "the file was listed, and then it was gone, or reading it failed again and again",
    Reason.UNLISTED_FOLDER: "the folder of a region and day could not be listed",
    Reason.ACCESS_DENIED: "reading the file, or listing the folder (`file` ends with /), is not allowed",
    Reason.EMPTY_FILE: "the file has no bytes",
    Reason.TRUNCATED_GZIP: "the gzip stream ends too early, or something that is no gzip follows it",
    Reason.UNREADABLE_GZIP: "the gzip stream is damaged (checksum, length or content)",
    Reason.NOT_JSON: "the content is not JSON",
    Reason.NO_RECORDS: "the content is JSON, but no object with a list `Records`",
    Reason.RECORD_NOT_OBJECT: "an entry of `Records` that is no object",
    Reason.IDENTITY_MISSING: "`userIdentity` is missing or null",
    Reason.BAD_EVENT_TIME: "`eventTime` is missing, no RFC 3339 time (2023-07-10T12:05:00Z), or days after delivery",
    Reason.MISSING_EVENT_SOURCE: "`eventSource` is missing, null or empty",
    Reason.MISSING_EVENT_NAME: "`eventName` is missing, null or empty",
    Reason.WRONG_TYPE: "a field that is needed holds a value of another type",
    Reason.INVALID_TEXT: "a field that is needed holds bytes that are no UTF-8",
    Reason.FOREIGN_RECIPIENT: "`recipientAccountId` is another account than the folder's",
}


class Defect(NamedTuple):
    """What is wrong with a file or a record; `position` is the record's index, or `WHOLE_FILE`."""

    position: int
    reason: Reason
    detail: str


NOT_FETCHED = frozenset({Reason.UNREADABLE_FILE, Reason.UNLISTED_FOLDER, Reason.ACCESS_DENIED})
"""The reasons that lie in the way to a file and not in its content: another attempt may succeed."""


def unread(error: OSError, otherwise: Reason) -> Defect:
    """Return what is wrong with a file or folder that could not be read for that error."""
    reason = Reason.ACCESS_DENIED if isinstance(error, PermissionError) else otherwise
    return Defect(WHOLE_FILE, reason, error.strerror or str(error) or type(error).__name__)


class Rejection(NamedTuple):
    """A row of `rejected_records`."""

    region: str
    file: str
    position: int
    reason: str
    detail: str
