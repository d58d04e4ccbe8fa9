"""The columns of the tables that one pass over the logs makes (storage adds `day` and `account`)."""

from collections.abc import Mapping, Sequence

import polars as pl

_TIME = pl.Datetime("us", "UTC")

CLOUDTRAIL_USAGE: dict[str, pl.DataType] = {
    "principal_arn": pl.String(),
    "principal_id": pl.String(),
    "principal_account": pl.String(),
    "principal_type": pl.String(),
    "event_source": pl.String(),
    "event_name": pl.String(),
    "event_type": pl.String(),
    "outcome": pl.String(),
    "via_service": pl.Boolean(),
    "events": pl.Int64(),
    "first_seen": _TIME,
    "last_seen": _TIME,
    "services": pl.List(pl.String()),
    "error_codes": pl.List(pl.String()),
    "last_event_id": pl.String(),
}
CLOUDTRAIL_USAGE_KEY = tuple(CLOUDTRAIL_USAGE)[:9]
LOG_COVERAGE: dict[str, pl.DataType] = {
    "region": pl.String(),
    "files": pl.Int64(),
    "bytes": pl.Int64(),
    "records": pl.Int64(),
    "permission_events": pl.Int64(),
    "other_events": pl.Int64(),
    "duplicates": pl.Int64(),
    "rejected": pl.Int64(),
    "unreadable_files": pl.Int64(),
    "not_fetched": pl.Int64(),
    "doubtful": pl.Int64(),
    "late_for": pl.List(pl.Date()),
    "late_from": pl.List(pl.Date()),
    "provisional": pl.Boolean(),
    "complete": pl.Boolean(),
}
LOG_COVERAGE_KEY = ("region",)
REJECTED_RECORDS: dict[str, pl.DataType] = {
    "region": pl.String(),
    "file": pl.String(),
    "position": pl.Int64(),
    "reason": pl.String(),
    "detail": pl.String(),
}
REJECTED_RECORDS_KEY = ("region", "file", "position")
ROLE_ASSUMPTIONS: dict[str, pl.DataType] = {
    "event_id": pl.String(),
    "shared_event_id": pl.String(),
    "event_time": _TIME,
    "event_name": pl.String(),
    "outcome": pl.String(),
    "error_code": pl.String(),
    "caller_type": pl.String(),
    "caller_arn": pl.String(),
    "caller_id": pl.String(),
    "caller_account": pl.String(),
    "caller_name": pl.String(),
    "caller_session": pl.String(),
    "caller_session_created": _TIME,
    "caller_key": pl.String(),
    "caller_source_identity": pl.String(),
    "on_behalf_of": pl.String(),
    "service": pl.String(),
    "role_arn": pl.String(),
    "role_account": pl.String(),
    "key": pl.String(),
    "assumed_role_id": pl.String(),
    "session_name": pl.String(),
    "source_identity": pl.String(),
    "expires": _TIME,
    "identity_provider": pl.String(),
    "external_id_used": pl.Boolean(),
    "region": pl.String(),
}
ROLE_ASSUMPTIONS_KEY = ("event_id",)
SESSION_USAGE: dict[str, pl.DataType] = {
    "role_id": pl.String(),
    "role_arn": pl.String(),
    "role_account": pl.String(),
    "session_type": pl.String(),
    "session": pl.String(),
    "key": pl.String(),
    "session_created": _TIME,
    "service": pl.String(),
    "event_source": pl.String(),
    "event_name": pl.String(),
    "event_type": pl.String(),
    "outcome": pl.String(),
    "session_name": pl.String(),
    "source_identity": pl.String(),
    "on_behalf_of": pl.String(),
    "person": pl.String(),
    "events": pl.Int64(),
    "first_seen": _TIME,
    "last_seen": _TIME,
    "last_event_id": pl.String(),
}
SESSION_USAGE_KEY = tuple(SESSION_USAGE)[:12]

DESCRIPTIONS: dict[str, dict[str, str]] = {
    "cloudtrail_usage": {
        "": "What each principal did on a day, by event: one row per kind of call and outcome.",
        "principal_arn": "ARN of the user or role, never of an STS session; of a service its name; or empty",
        "principal_id": "Unique id (AIDA..., AROA...): a name that was recreated has another; or empty",
        "principal_account": "Account that the caller belongs to; ANONYMOUS_PRINCIPAL (AWS's word) for unsigned calls; "
        "empty for services, or if not known",
        "principal_type": "user, role, root, account, service, saml_user, web_identity_user, "
        "identity_center_user or unknown",
        "event_source": "eventSource, as s3.amazonaws.com",
        "event_name": "eventName, as GetObject",
        "event_type": "eventType; only AwsApiCall is use of a permission (records before 1.02 are calls)",
        "outcome": "ok, denied (the error code of a refusal) or error (another code, or a message only)",
        "via_service": "A service made the call on the principal's behalf (userIdentity.invokedBy)",
        "events": "How many events, each eventID counted once",
        "first_seen": "Time of the first event, UTC",
        "last_seen": "Time of the last event, UTC",
        "services": "The distinct userIdentity.invokedBy, sorted",
        "error_codes": "The distinct errorCode, sorted",
        "last_event_id": "eventID of the last event, the smallest of several at the same time "
        "(record: and a hash where the record has none)",
    },
    "log_coverage": {
        "": "How well the logs cover a day: one row for each region folder that the account has.",
        "region": "Region folder of the logs",
        "files": "Files delivered on the day, and files delivered on other days that held events of the day",
        "bytes": "Size as stored of the files delivered on the day",
        "records": "permission_events + other_events + duplicates + rejected - unreadable_files",
        "permission_events": "Events of the day of the type AwsApiCall",
        "other_events": "Events of the day of any other type (sign-ins, service events, ...)",
        "duplicates": "Further copies of an event, in whatever file or region; counted where the copy lay",
        "rejected": "Rows of rejected_records: files and records delivered on the day that could not be read",
        "unreadable_files": "Those of them that are whole files",
        "not_fetched": "Files and folders where the day's events should be, or were found, that could not be had "
        "(gone, refused, connection): the day is read again when next asked for",
        "doubtful": "Rows of rejected_records of all deliveries in which the day's events should be, or were found: "
        "they may have held some; null in tables of earlier versions",
        "late_for": "Days whose events were delivered on this day, too late (or early) to be found by them",
        "late_from": "Delivery days that were read for this day beyond the usual ones",
        "provisional": "Read before the day's end plus the hours that deliveries may take",
        "complete": "There are files, nothing rejected where the day's events should be, not provisional",
    },
    "rejected_records": {
        "": "Files and records of the logs that could not be read, on the day of their delivery.",
        "region": "Region folder of the file",
        "file": "Path relative to the logs' root",
        "position": "Index of the record in the file, from 0; -1 for the whole file",
        "reason": "Why it could not be read: one of a closed set, see Closed sets in the data dictionary",
        "detail": "What was found there",
    },
    "role_assumptions": {
        "": "Each event that issues a session: AssumeRole*, GetFederationToken, GetSessionToken and SwitchRole.",
        "event_id": "eventID (record: and a hash where the record has none)",
        "shared_event_id": "sharedEventID, which the caller's and the role owner's copy of a call have in common",
        "event_time": "eventTime, UTC",
        "event_name": "eventName",
        "outcome": "ok, denied or error",
        "error_code": "errorCode",
        "caller_type": "Who asked, as principal_type of cloudtrail_usage",
        "caller_arn": "ARN of the user or role that asked, never of a session; of a service its name; or empty",
        "caller_id": "Unique id of the user or role that asked",
        "caller_account": "Account of the caller",
        "caller_name": "Human name, where the record has one: user name, federated subject, Identity Center user",
        "caller_session": "userIdentity.principalId where the caller is a session itself, as AROA...:name",
        "caller_session_created": "When that session was issued, UTC (creationDate); null where not known",
        "caller_key": "Keyed hash of the access key id that the caller used",
        "caller_source_identity": "Source identity of the caller's session",
        "on_behalf_of": "userIdentity.onBehalfOf.userId, a user of IAM Identity Center",
        "service": "The AWS service that asked, for itself (caller_type service) or on the caller's behalf",
        "role_arn": "ARN of the role; empty for GetSessionToken and GetFederationToken",
        "role_account": "Account of the role",
        "key": "Keyed hash of the access key id that was issued; empty where none was",
        "assumed_role_id": "userIdentity.principalId of the session that was issued, as AROA...:name",
        "session_name": "Name of the session that was asked for",
        "source_identity": "Source identity that the session was given",
        "expires": "When the issued credentials end, UTC; null where not known",
        "identity_provider": "SAML or OIDC provider that vouched for the caller",
        "external_id_used": "The call had an external id",
        "region": "Region folder of the logs",
    },
    "session_usage": {
        "": "What was done with temporary credentials: a row per session and kind of call. Sessions of services "
        "are one row per role, service and kind of call.",
        "role_id": "Unique id of the role (AROA...), or of the user that the session belongs to",
        "role_arn": "ARN of the role, or of the user that the session belongs to",
        "session": "userIdentity.principalId as logged, as AROA...:name; empty for sessions of services",
        "key": "Keyed hash of the access key id used; empty for services and calls that services forward",
        "session_created": "When the session was issued, UTC (creationDate); null for services, or if not known",
        "service": "The AWS service that the session belongs to; empty for the sessions of all others",
        "event_source": "eventSource, as s3.amazonaws.com",
        "event_name": "eventName, as GetObject",
        "event_type": "eventType",
        "outcome": "ok, denied or error",
        "role_account": "Account of the role or user",
        "session_type": "role, or user or root (GetSessionToken, GetFederationToken, the console)",
        "session_name": "Name of the session, what follows the role's id",
        "source_identity": "Source identity of the session",
        "on_behalf_of": "userIdentity.onBehalfOf.userId, a user of IAM Identity Center",
        "person": "Human name, where the record has one: user, federated user, user of IAM Identity Center",
        "events": "How many events, each eventID counted once",
        "first_seen": "Time of the first event, UTC",
        "last_seen": "Time of the last event, UTC",
        "last_event_id": "eventID of the last event, the smallest of several at the same time",
    },
}


def assumption_rows(rows: Sequence[tuple[str | int | bool | None, ...]]) -> pl.DataFrame:
    """Return rows of `role_assumptions`, whose times are microseconds, as a frame."""
    times = {name: pl.Int64() for name, dtype in ROLE_ASSUMPTIONS.items() if dtype.is_temporal()}
    # Column by column: Polars takes several times as long for rows.
    columns = zip(*rows, strict=True) if rows else ((),) * len(ROLE_ASSUMPTIONS)
    named = dict(zip(ROLE_ASSUMPTIONS, columns, strict=True))
    return as_columns(pl.DataFrame(named, schema={**ROLE_ASSUMPTIONS, **times}), ROLE_ASSUMPTIONS)


def as_columns(frame: pl.DataFrame, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return these columns of a frame, in this order and as these types."""
    return frame.select(pl.col(name).cast(dtype) for name, dtype in columns.items())
