"""What `expanded_grants`, `grant_sources` and `grant_problems` promise."""

from assets.aws_actions.catalogue import ACCESS_LEVELS
from assets.expanded_grants.schema import GRANTS_KEY, PROBLEM_CODES, PROBLEMS_KEY, SOURCES_KEY
from assets.table_checks.rule import none_where, one_of, refers
from assets.table_checks.suite import suite

_FACTS = ("iam_snapshots", "iam_actions")
_PRINCIPALS = "(SELECT * FROM iam_snapshots WHERE kind IN ('user', 'role'))"
_CARRIERS = "(SELECT * FROM iam_snapshots WHERE kind IN ('user', 'role', 'group'))"

GRANTS = suite(
    "expanded_grants",
    GRANTS_KEY,
    one_of(
        "principal_type and access_level are of their closed sets",
        {
            "principal_type": ("user", "role"),
            "access_level": (*ACCESS_LEVELS, ""),
        },
    ),
    refers(
        "principal_is_in_snapshot",
        "Every principal is in the day's snapshot, with that id",
        "principal_arn || ' ' || principal_id",
        _PRINCIPALS,
        "arn || ' ' || id",
    ),
    none_where(
        "is_granted_by_something",
        "Every grant names a statement",
        "granted_by IS NULL OR len(granted_by) = 0",
        "principal_arn || ' ' || action",
    ),
    refers(
        "granted_by_exists",
        "Every statement that grants is in grant_sources",
        "unnest(granted_by)",
        "grant_sources",
        "id",
    ),
    refers(
        "restricted_by_exists",
        "Every statement that restricts is in grant_sources",
        "unnest(restricted_by)",
        "grant_sources",
        "id",
    ),
    none_where(
        "action_is_known",
        "Every action is in iam_actions, or marked as one that is not",
        "true",
        "action",
        source="(SELECT DISTINCT day, account, action FROM b WHERE NOT unknown_action) k"
        " ANTI JOIN iam_actions i ON i.action = k.action",
    ),
    made_from=_FACTS,
    reads=("iam_snapshots", "grant_sources", "iam_actions"),
    volume=2,
)

SOURCES = suite(
    "grant_sources",
    SOURCES_KEY,
    one_of(
        "policy_kind, used_as, pattern_kind and effect are of their closed sets",
        {
            "policy_kind": ("managed", "inline"),
            "used_as": ("identity", "boundary", "scp"),
            "pattern_kind": ("Action", "NotAction"),
            "effect": ("Allow", "Deny"),
        },
    ),
    refers(
        "carrier_is_in_snapshot",
        "Whom a policy is attached to is in the day's snapshot",
        "attached_to",
        _CARRIERS,
        "arn",
        only="used_as <> 'scp'",
    ),
    none_where(
        "statement_is_whole",
        "A statement has a position and a pattern, and its condition and resources are JSON",
        "statement < 0 OR pattern = '' OR NOT json_valid(resources)"
        " OR (condition <> '' AND NOT json_valid(condition))",
        "id",
    ),
    made_from=_FACTS,
    reads=("iam_snapshots",),
    volume=2,
)

PROBLEMS = suite(
    "grant_problems",
    PROBLEMS_KEY,
    one_of("problem is of its closed set", {"problem": PROBLEM_CODES}),
    refers(
        "principal_is_in_snapshot",
        "Every principal is in the day's snapshot",
        "principal_arn",
        _PRINCIPALS,
        "arn",
    ),
    none_where(
        "policies_are_there",
        "No policy, boundary or group is missing, and every statement can be read",
        "true",
        "principal_arn || ' ' || problem || ' ' || detail",
        "warn",
    ),
    made_from=_FACTS,
    reads=("iam_snapshots",),
)

SUITES = (GRANTS, SOURCES, PROBLEMS)
