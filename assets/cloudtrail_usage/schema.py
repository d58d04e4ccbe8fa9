"""The columns of the three tables that one pass over the logs makes (storage adds `day` and `account`)."""

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

DESCRIPTIONS: dict[str, dict[str, str]] = {
    "cloudtrail_usage": {
        "": "What each principal did on a day, by event: one row per kind of call and outcome.",
        "principal_arn": "ARN of the user or role, never of an STS session; of a service its name; or empty",
        "principal_id": "Unique id (AIDA..., AROA...): a name that was recreated has another; or empty",
        "principal_account": "Account that the caller belongs to; empty for services, or if not known",
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
        "reason": "Why it could not be read: one of a closed set (rejections.REASONS)",
        "detail": "What was found there",
    },
}
