"""The columns of `principal_diffs`, and the closed sets of its statuses and reasons."""

import polars as pl

_TIME = pl.Datetime("us", "UTC")

PRINCIPAL_DIFFS: dict[str, pl.DataType] = {
    "principal_arn": pl.String(),
    "principal_id": pl.String(),
    "principal_type": pl.String(),
    "principal_name": pl.String(),
    "action": pl.String(),
    "status": pl.String(),
    "reason": pl.String(),
    "restricted": pl.Boolean(),
    "first_used": _TIME,
    "last_used": _TIME,
    "events": pl.Int64(),
    "denied_events": pl.Int64(),
    "error_events": pl.Int64(),
    "window_days": pl.Int64(),
    "covered_days": pl.Int64(),
    "mapping_version": pl.String(),
    "access_level": pl.String(),
    "last_event_id": pl.String(),
    "removable": pl.String(),
    "excluded": pl.Boolean(),
    "exclusion": pl.String(),
}

DESCRIPTIONS = {
    "": "Granted against used: a row for each action that a user or role is granted, or used without a grant",
    "principal_arn": "ARN of the user or role",
    "principal_id": "its unique id (AIDA..., AROA...): a name that was deleted and created again is another id",
    "principal_type": "user or role",
    "principal_name": "its name without path",
    "action": "IAM action in canonical spelling, s3:GetObject",
    "status": "used, unused, unknown or not_granted",
    "reason": "why, of a closed set: see Closed sets in the data dictionary",
    "restricted": "granted only on some resources, only under a condition, or partly denied",
    "first_used": "first successful use in the window, UTC",
    "last_used": "last successful use in the window, UTC",
    "events": "successful calls in the window that needed the action",
    "denied_events": "calls in the window that were refused",
    "error_events": "calls in the window that were authorised and failed for another reason",
    "window_days": "days in the window",
    "covered_days": "days of the window with complete logs (files delivered on the day, events of it, nothing "
    "missing), from the creation or the grant on",
    "mapping_version": "hash of the mapping from events to actions that was applied",
    "access_level": "List, Read, Tagging, Write or Permissions management; empty where nobody knows",
    "last_event_id": "eventID of the last successful use, to find the record by; empty without one",
    "removable": "yes, service_linked_role, sso_role, aws_managed_policy (it can be detached), or empty: not granted",
    "excluded": "the configuration says that somebody decided to leave it: --fail-on passes over it",
    "exclusion": "why, who decided it and until when; empty where it is not excluded",
}

LINEAGE: dict[str, list[tuple[str, str]]] = {
    **{
        column: [("expanded_grants", column)]
        for column in (
            "principal_arn",
            "principal_id",
            "principal_type",
            "principal_name",
            "restricted",
            "access_level",
        )
    },
    "action": [("expanded_grants", "action"), ("aws_actions", "primary"), ("cloudtrail_usage", "event_name")],
    "status": [("expanded_grants", "action"), ("cloudtrail_usage", "outcome"), ("iam_actions", "recorded")],
    "reason": [("iam_actions", "recorded"), ("grant_problems", "problem"), ("log_coverage", "complete")],
    "first_used": [("cloudtrail_usage", "first_seen")],
    "last_used": [("cloudtrail_usage", "last_seen")],
    "events": [("cloudtrail_usage", "events")],
    "denied_events": [("cloudtrail_usage", "events"), ("cloudtrail_usage", "outcome")],
    "error_events": [("cloudtrail_usage", "events"), ("cloudtrail_usage", "outcome")],
    "covered_days": [
        ("log_coverage", "complete"),
        ("expanded_grants", "first_granted"),
        ("iam_snapshots", "created_at"),
    ],
    "last_event_id": [("cloudtrail_usage", "last_event_id")],
    "removable": [
        ("expanded_grants", "only_aws_managed"),
        ("expanded_grants", "principal_name"),
    ],
}

STATUSES = ("used", "unused", "unknown", "not_granted")

REASONS = {
    "called": "the principal made a call that needs it, and the call succeeded",
    "called_by_service": "the logs show such calls by AWS services only, on the principal's behalf",
    "never_called": "the logs would show a call that needs it, and show none",
    "only_denied": "every call in the logs that needs it was refused",
    "missing_policy": "a policy or boundary of the principal is not in the snapshot, is there twice, or cannot be read",
    "unverified": "only the name of an API operation says that the action exists",
    "unknown_action": "a policy names it, and no list of IAM actions knows it",
    "not_recorded": "no call that needs it is recorded by CloudTrail",
    "selectors_unknown": "calls that need it are data events, and no trail is known to record all of them",
    "excluded_by_trail": "the trails leave out, or may leave out, management events that need it",
    "only_errors": "every call in the logs that needs it was authorised and failed for another reason",
    "maybe_needed": "a call was made that may have needed it, depending on its parameters",
    "other_account": "the user or role is of another account, and what it does there is not in these logs",
    "role_last_used": "IAM says that the role was used in the window, and the logs never show it",
    "too_new": "it exists for fewer covered days than min_covered_days asks for",
    "low_coverage": "fewer days of the window have complete logs than min_covered_days asks for",
    "revoked": "it was granted before, or no resource policy could have allowed the call",
    "trust_policy": "the trust policy of the role that was assumed may have allowed it without a grant",
    "possibly_resource_policy": "a policy of the resource may have allowed the call",
}
