"""What `aws_actions` and `iam_actions` promise."""

from assets.aws_actions.catalogue import ACCESS_LEVELS
from assets.aws_actions.event_mapping import RULES
from assets.table_checks.rule import at_least, none_where, one_of, refers
from assets.table_checks.suite import facts_suite

_RECORDED = ("management", "data", "never")
_LEVELS = (*ACCESS_LEVELS, "")

AWS_ACTIONS = facts_suite(
    "aws_actions",
    ("service", "operation"),
    at_least(10_000),
    one_of(
        "recorded, read_write and rule are of their closed sets",
        {"recorded": _RECORDED, "read_write": ("read", "write", ""), "rule": tuple(RULES)},
    ),
    none_where(
        "event_source_is_one",
        "An event source is a host name, as CloudTrail writes it",
        "NOT regexp_full_match(event_source, '[a-z0-9.-]+\\.amazonaws\\.com')",
        "service || ' ' || event_source",
    ),
    *(
        refers(
            f"{column}_actions_exist",
            f"Every action of {column} is in iam_actions",
            f'unnest("{column}")',
            "iam_actions",
            "action",
        )
        for column in ("primary", "conditional", "one_of")
    ),
    reads=("iam_actions",),
)

IAM_ACTIONS = facts_suite(
    "iam_actions",
    ("action",),
    at_least(10_000),
    one_of(
        "recorded and access_level are of their closed sets",
        {"recorded": _RECORDED, "access_level": _LEVELS},
    ),
    none_where(
        "action_is_one",
        "An action is a prefix and a name, as s3:GetObject",
        "NOT regexp_full_match(action, '[a-z0-9-]+:[A-Za-z0-9_-]+')",
        "action",
    ),
    none_where(
        "one_spelling",
        "No action stands there twice in different spellings: IAM ignores case",
        "spellings > 1",
        "action",
        source="(SELECT day, account, lower(action) AS action, count(DISTINCT action) AS spellings"
        " FROM b GROUP BY ALL)",
    ),
)

SUITES = (AWS_ACTIONS, IAM_ACTIONS)
