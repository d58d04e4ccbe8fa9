"""The columns of the trends, of the changes and of the history, and the closed set of changes."""

import polars as pl

Columns = dict[str, pl.DataType]
Lineage = dict[str, list[tuple[str, str]]]

LEVELS = {
    "list": "List",
    "read": "Read",
    "tagging": "Tagging",
    "write": "Write",
    "permissions_management": "Permissions management",
    "other": "",
}
"""The access levels of `principal_diffs` by the ending of the columns that count them."""

STATUS_COUNTS = ("granted", "used", "unused", "unknown", "not_granted", "excluded")
COUNTS: Columns = {name: pl.Int64() for name in (*STATUS_COUNTS, *(f"unused_{level}" for level in LEVELS))}
_SCORE: Columns = {"risk_score": pl.Float64(), "score_version": pl.String(), "mapping_version": pl.String()}
_DAYS: Columns = {"covered_days": pl.Int64(), "window_days": pl.Int64()}
_PRINCIPAL: Columns = {
    "principal_arn": pl.String(),
    "principal_id": pl.String(),
    "principal_type": pl.String(),
    "principal_name": pl.String(),
}
_PEOPLE: Columns = {name: pl.Int64() for name in ("principals", "users", "roles", "without_use")}

PERMISSION_TRENDS: Columns = {**_PRINCIPAL, **COUNTS, **_SCORE, **_DAYS}
ACCOUNT_TRENDS: Columns = {**_PEOPLE, **COUNTS, **_SCORE, **_DAYS}
ORGANIZATION_TRENDS: Columns = {"accounts": pl.Int64(), **_PEOPLE, **COUNTS, **_SCORE, **_DAYS}

PERMISSION_CHANGES: Columns = {
    **_PRINCIPAL,
    "action": pl.String(),
    "change": pl.String(),
    "status_before": pl.String(),
    "status_after": pl.String(),
    "access_level": pl.String(),
    "policy": pl.String(),
    "statement": pl.String(),
    "event_id": pl.String(),
    "compared_with": pl.Date(),
}

PERMISSION_HISTORY: Columns = {
    "principal_arn": pl.String(),
    "principal_id": pl.String(),
    "action": pl.String(),
    "status": pl.String(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "last_seen": pl.Date(),
}

HISTORY_DAYS: Columns = {"day": pl.Date()}

TRENDS_KEY = ("principal_arn",)
CHANGES_KEY = ("principal_arn", "action", "change", "principal_id")
HISTORY_KEY = ("principal_arn", "action", "principal_id", "valid_from")
HISTORY_DAYS_KEY = ("day",)

CHANGES = {
    "granted": "it was not granted the day before, and is now",
    "revoked": "it was granted the day before, and is not any more",
    "first_used": "it is used, and no earlier stored day knows of a use",
    "used_again": "it is used; it was before, and then no longer within the window",
    "became_unused": "it is unused now, which it was not: the last use left the window, or it became knowable",
    "became_unknown": "whether it is used can no longer be told",
    "no_longer_used": "it was used without a grant, and the logs of the window show no such use any more",
    "principal_created": "the user or role was not in the day before's snapshot (action is empty)",
    "principal_deleted": "the user or role is no longer in the snapshot (action is empty)",
}
"""The closed set of `change`. Two may concern one action: granted and first_used on the same day."""

_PRINCIPAL_WORDS = {
    "principal_arn": "ARN of the user or role",
    "principal_id": "its unique id (AIDA..., AROA...): a name that was deleted and created again is another id",
    "principal_type": "user or role",
    "principal_name": "its name without path",
}
_COUNT_WORDS = {
    "granted": "permissions that are granted, whatever their status",
    "used": "of these, used in the window",
    "unused": "of these, unused: the logs would have shown a use",
    "unknown": "permissions of which nobody can tell whether they were used",
    "not_granted": "actions used without a grant",
    "excluded": "of the unused, those that the configuration's exclusions leave as they are",
    **{f"unused_{name}": f"of the unused, those of access level {LEVELS[name]}" for name in LEVELS},
    "unused_other": "of the unused, those whose access level nobody knows",
    "risk_score": (
        "weights (by access level) of the unused permissions that are not excluded, summed; restricted ones count half"
    ),
    "score_version": "hash of the score's definition and weights: scores compare only where it is the same",
    "mapping_version": "hash of the mapping from events to actions that was applied",
    "covered_days": "days of the window with complete logs, as far as the principal existed; 0 without permissions",
    "window_days": "days in the window",
}
_PEOPLE_WORDS = {
    "principals": "users and roles in the day's snapshot",
    "users": "users among them",
    "roles": "roles among them",
    "without_use": "users and roles of which the logs of the window, complete or not, show no use of any action",
}

DESCRIPTIONS: dict[str, dict[str, str]] = {
    "permission_trends": {
        "": "How much each user and role is granted and uses, day by day; a row also where nothing is granted",
        **_PRINCIPAL_WORDS,
        **_COUNT_WORDS,
    },
    "account_trends": {
        "": "permission_trends summed up: one row a day and account",
        **_PEOPLE_WORDS,
        **_COUNT_WORDS,
        "covered_days": "most covered days of any principal",
    },
    "organization_trends": {
        "": "account_trends summed up: one row a day",
        "accounts": "accounts that are stored for the day",
        **_PEOPLE_WORDS,
        **_COUNT_WORDS,
        "covered_days": "fewest covered days of any account",
    },
    "permission_changes": {
        "": "What changed since the nearest earlier stored day, with the statement that did it",
        **_PRINCIPAL_WORDS,
        "action": "IAM action; empty where the whole user or role came or went",
        "change": "of a closed set: see Closed sets in the data dictionary",
        "status_before": "status on the day compared with; empty: not granted, and no use is seen",
        "status_after": "status on this day; empty: not granted, and no use is seen",
        "access_level": "List, Read, Tagging, Write or Permissions management; empty where nobody knows",
        "policy": "policies that grant it (granted, used, unused), or that did (revoked); several joined with '; '",
        "statement": "their statements: Sid or position, pattern, through which group; several joined with '; '",
        "event_id": "eventID of the last use, of first_used and used_again; else empty",
        "compared_with": "the nearest earlier stored day; the day before, where no day is missing",
    },
    "permission_history": {
        "": "From when to when each permission had which status",
        **{name: _PRINCIPAL_WORDS[name] for name in ("principal_arn", "principal_id")},
        "action": "IAM action in canonical spelling, s3:GetObject",
        "status": "used, unused, unknown or not_granted",
        "valid_from": "first stored day of the status",
        "valid_to": "the next stored day, on which it was otherwise; null: it still is so on the last stored day",
        "last_seen": "last stored day of the status: the days between it and valid_to are not stored",
    },
    "permission_history_days": {
        "": "Which stored days the history holds: its bookkeeping, so that a day is added without reading the others",
        "day": "a day whose diff the history holds",
    },
}

_COUNT_LINEAGE: Lineage = {
    **{
        name: [("principal_diffs", "status")]
        for name in ("granted", "used", "unused", "unknown", "not_granted")
    },
    "granted": [("principal_diffs", "removable")],
    "excluded": [("principal_diffs", "excluded")],
    **{
        f"unused_{name}": [("principal_diffs", "status"), ("principal_diffs", "access_level")]
        for name in LEVELS
    },
    "risk_score": [
        ("principal_diffs", name) for name in ("status", "access_level", "restricted", "excluded")
    ],
    **{name: [("principal_diffs", name)] for name in ("mapping_version", "covered_days", "window_days")},
}
_SNAPSHOT_LINEAGE: Lineage = {
    "principal_arn": [("iam_snapshots", "arn")],
    "principal_id": [("iam_snapshots", "id")],
    "principal_type": [("iam_snapshots", "kind")],
    "principal_name": [("iam_snapshots", "name")],
}

LINEAGE: dict[str, Lineage] = {
    "permission_trends": {**_SNAPSHOT_LINEAGE, **_COUNT_LINEAGE},
    "account_trends": {
        **{name: [("permission_trends", name)] for name in (*COUNTS, *_SCORE, *_DAYS)},
        "principals": [("permission_trends", "principal_arn")],
        "users": [("permission_trends", "principal_type")],
        "roles": [("permission_trends", "principal_type")],
        "without_use": [("permission_trends", "used"), ("permission_trends", "not_granted")],
    },
    "organization_trends": {
        name: [("account_trends", name)] for name in (*_PEOPLE, *COUNTS, *_SCORE, *_DAYS)
    },
    "permission_changes": {
        **_SNAPSHOT_LINEAGE,
        "action": [("principal_diffs", "action")],
        "change": [("principal_diffs", "status"), ("principal_diffs", "removable")],
        "status_before": [("principal_diffs", "status")],
        "status_after": [("principal_diffs", "status")],
        "access_level": [("principal_diffs", "access_level")],
        "policy": [("expanded_grants", "granted_by"), ("grant_sources", "policy_name")],
        "statement": [("expanded_grants", "granted_by"), ("grant_sources", "statement")],
        "event_id": [("principal_diffs", "last_event_id")],
    },
    "permission_history": {
        name: [("principal_diffs", name)] for name in ("principal_arn", "principal_id", "action", "status")
    },
    "permission_history_days": {"day": [("principal_diffs", "status")]},
}
