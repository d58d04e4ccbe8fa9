"""Columns of `role_sessions` that other tables may rely on (storage adds `day` and `account`)."""

import polars as pl

TIME = pl.Datetime("us", "UTC")
CERTAINTIES = ("certain", "likely", "possible", "unknown")
"""How sure a link is, the surest first."""
LINKS = (
    "access_key",
    "assumed_role_id",
    "shared_event_id",
    "source_identity",
    "on_behalf_of",
    "switch_role",
    "session_name",
    "none",
)

ROLE_SESSIONS: dict[str, pl.DataType] = {
    "session_id": pl.String(),
    "role_arn": pl.String(),
    "role_id": pl.String(),
    "role_name": pl.String(),
    "role_account": pl.String(),
    "session_type": pl.String(),
    "session_name": pl.String(),
    "session_created": TIME,
    "kind": pl.String(),
    "service": pl.String(),
    "origin_type": pl.String(),
    "origin_arn": pl.String(),
    "origin_id": pl.String(),
    "origin_account": pl.String(),
    "origin_name": pl.String(),
    "chain": pl.List(pl.String()),
    "via_events": pl.List(pl.String()),
    "link": pl.String(),
    "certainty": pl.String(),
    "assumed_at": TIME,
    "assumptions": pl.Int64(),
    "events": pl.Int64(),
    "ok_events": pl.Int64(),
    "denied_events": pl.Int64(),
    "error_events": pl.Int64(),
    "first_seen": TIME,
    "last_seen": TIME,
    "calls": pl.List(pl.String()),
    "units": pl.List(pl.String()),
}
KEY = ("session_id",)

DESCRIPTIONS: dict[str, str] = {
    "": "Who is behind each session of a role: one row a session and day, one a role and service for services",
    "session_id": "Role id and session name, @ and when it began, # and what it was issued with where that is "
    "needed to tell two apart; the same on every day of the session",
    "role_arn": "The role; where session_type is not role, the user or root",
    "role_id": "Its unique id (AROA..., AIDA...); empty where the log does not say",
    "role_name": "Its name",
    "role_account": "The account that it belongs to",
    "session_type": "role, or user or root (GetSessionToken, GetFederationToken, the console)",
    "session_name": "Name of the session; empty for services",
    "session_created": "When the session began, UTC; null for services and where the log does not say",
    "kind": "person (also a federated workload), service, or unknown",
    "service": "The service that used the role, as lambda.amazonaws.com; else empty",
    "origin_type": "user, root, account, service, saml_user, web_identity_user, identity_center_user, role (the "
    "first that is known of a chain whose beginning is in no log) or unknown",
    "origin_arn": "ARN of the user, root or role behind the session, where it has one; of a service its name",
    "origin_id": "Unique id of the origin (AIDA..., onBehalfOf.userId), where known",
    "origin_account": "Account of the origin, where known",
    "origin_name": "Name of the origin, a human's where the record has it",
    "chain": "ARNs of the roles from the origin's first to this one; empty for sessions of users",
    "via_events": "eventIDs of the AssumeRole calls on the way, one a role, as far as they are known",
    "link": "What ties what was done to who is behind it; none where nothing was done or nothing ties it: "
    + ", ".join(LINKS),
    "certainty": "How sure the weakest link on the way is: " + ", ".join(CERTAINTIES),
    "assumed_at": "Time of the AssumeRole call (of services the first of the day), UTC; null where unknown",
    "assumptions": "How many AssumeRole calls are behind the row",
    "events": "Events of the session on the day, of every outcome",
    "ok_events": "Those that succeeded",
    "denied_events": "Those that were refused",
    "error_events": "Those that failed for another reason",
    "first_seen": "First event of the day, UTC; null where nothing was done",
    "last_seen": "Last event of the day, UTC; null where nothing was done",
    "calls": "The distinct API calls that succeeded, as s3.amazonaws.com:CreateBucket, sorted",
    "units": "What ties the row to those of session_usage: session|creation date|key|service, sorted",
}
LINEAGE: dict[str, list[tuple[str, str]]] = {
    "role_arn": [("session_usage", "role_arn"), ("role_assumptions", "role_arn")],
    "session_name": [("session_usage", "session_name"), ("role_assumptions", "session_name")],
    "session_created": [("session_usage", "session_created")],
    "service": [("session_usage", "service"), ("role_assumptions", "caller_type")],
    "origin_type": [("role_assumptions", "caller_type")],
    "origin_arn": [("role_assumptions", "caller_arn")],
    "origin_id": [("role_assumptions", "caller_id")],
    "origin_name": [("role_assumptions", "caller_name"), ("session_usage", "person")],
    "chain": [("role_assumptions", "role_arn")],
    "via_events": [("role_assumptions", "event_id")],
    "link": [
        ("role_assumptions", "key"),
        ("session_usage", "key"),
        ("role_assumptions", "shared_event_id"),
        ("role_assumptions", "assumed_role_id"),
        ("session_usage", "session"),
    ],
    "assumed_at": [("role_assumptions", "event_time")],
    "events": [("session_usage", "events")],
    "first_seen": [("session_usage", "first_seen")],
    "last_seen": [("session_usage", "last_seen")],
    "calls": [("session_usage", "event_name")],
}
