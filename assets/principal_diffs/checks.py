"""What `principal_diffs` promises."""

from assets.principal_diffs.removable import REMOVABLE
from assets.principal_diffs.schema import REASONS, STATUSES
from assets.table_checks.rule import none_where, one_of, refers
from assets.table_checks.suite import suite

_REASONS = {
    "used": ("called", "called_by_service"),
    "unused": ("never_called", "only_denied"),
    "not_granted": ("revoked", "trust_policy", "possibly_resource_policy"),
}
_KEYS = "count(*) AS n, bit_xor(hash(principal_arn, action)) AS keys"
_SURE = [reason for reasons in _REASONS.values() for reason in reasons]


def _pairs() -> str:
    sure = [
        f"(status = '{status}' AND reason IN ({_listed(reasons)}))" for status, reasons in _REASONS.items()
    ]
    return " OR ".join([*sure, f"(status = 'unknown' AND reason NOT IN ({_listed(_SURE)}))"])


def _listed(words: object) -> str:
    assert isinstance(words, list | tuple)
    return ", ".join(f"'{word}'" for word in words)


PRINCIPAL_DIFFS = suite(
    "principal_diffs",
    ("principal_arn", "action"),
    one_of(
        "principal_type, status, reason and removable are of their closed sets",
        {
            "principal_type": ("user", "role"),
            "status": STATUSES,
            "reason": tuple(REASONS),
            "removable": tuple(REMOVABLE),
        },
    ),
    none_where(
        "reason_fits_status",
        "Every reason is one of its status",
        f"NOT ({_pairs()})",
        "action || ' ' || status || ' ' || reason",
    ),
    refers(
        "principal_is_in_snapshot",
        "Every principal is in the day's snapshot, with that id",
        "principal_arn || ' ' || principal_id",
        "(SELECT * FROM iam_snapshots WHERE kind IN ('user', 'role'))",
        "arn || ' ' || id",
    ),
    # Whole tables are compared by a sum of hashes: joining millions of texts would take longer than making them.
    none_where(
        "verdicts_are_of_grants",
        "Every grant has a verdict, and what can be taken away is granted",
        "granted.n IS DISTINCT FROM judged.n OR granted.keys IS DISTINCT FROM judged.keys",
        "coalesce(granted.n, 0) || ' grants, ' || coalesce(judged.n, 0) || ' verdicts on grants'",
        source=f"""(SELECT day, account, {_KEYS} FROM expanded_grants GROUP BY day, account) granted
            FULL JOIN (SELECT day, account, {_KEYS} FROM b WHERE removable <> ''
                       GROUP BY day, account) judged USING (day, account)""",
    ),
    none_where(
        "action_is_one",
        "An action is a prefix and a name, as s3:GetObject",
        "NOT regexp_full_match(action, '[^:]+:[^:]*')",
        "action",
        source="(SELECT DISTINCT day, account, action FROM b)",
    ),
    none_where(
        "use_is_told_alike",
        "What was used has events and times, in order; what was not has none",
        "events < 0 OR denied_events < 0 OR error_events < 0 OR (status = 'used') <> (events > 0)"
        # Without a grant that is known it was used, too, and is not_granted, or unknown where a policy is missing.
        " AND removable <> '' OR (events > 0) <> (last_used IS NOT NULL) OR first_used > last_used",
        "principal_arn || ' ' || action",
    ),
    none_where(
        "days_fit_the_window",
        "Not more days are covered than the window has",
        "window_days < 1 OR covered_days < 0 OR covered_days > window_days",
        "covered_days || ' of ' || window_days || ' days'",
    ),
    none_where(
        "one_mapping",
        "All verdicts of a day were given with the same mapping of events to actions",
        "mappings > 1",
        "mappings || ' mappings'",
        source="(SELECT day, account, count(DISTINCT mapping_version) AS mappings FROM b GROUP BY day, account)",
    ),
    none_where(
        "logs_show_every_role",
        "No role was used, as IAM says, whose use the logs do not show: they are not all there",
        "reason = 'role_last_used'",
        "principal_arn",
        "warn",
    ),
    made_from=(
        "iam_snapshots",
        "expanded_grants",
        "grant_problems",
        "cloudtrail_usage",
        "log_coverage",
        "aws_actions",
        "iam_actions",
    ),
    reads=("iam_snapshots", "expanded_grants"),
    volume=2,
)

SUITES = (PRINCIPAL_DIFFS,)
