"""What the trends and changes promise; the history: see `history_checks`."""

from collections.abc import Sequence

from assets.partitions import DayPartition
from assets.permission_trends import history_checks
from assets.permission_trends.schema import CHANGES, CHANGES_KEY, COUNTS, LEVELS, TRENDS_KEY
from assets.principal_diffs.schema import STATUSES
from assets.table_checks.rule import Rule, none_where, one_of, refers
from assets.table_checks.suite import suite

_PEOPLE = ("principals", "users", "roles", "without_use")
_LEVELS = " + ".join(f"unused_{level}" for level in LEVELS)
_COUNTS_AGREE = none_where(
    "counts_add_up",
    "Granted are used, unused and of the unknown some; unused of all levels are the unused; none is negative",
    # What may be granted by a policy that could not be read is unknown, and not granted as far as one knows.
    f"least({', '.join(COUNTS)}, risk_score) < 0 OR granted NOT BETWEEN used + unused AND used + unused + unknown"
    f" OR unused <> {_LEVELS} OR excluded > unused",
    "granted || ' granted'",
)
_DAYS_FIT = none_where(
    "days_fit_the_window",
    "Not more days are covered than the window has",
    "covered_days < 0 OR covered_days > window_days",
    "covered_days || ' of ' || window_days || ' days'",
)
_IN_USE = "('used', 'not_granted')"
# What is unknown may be granted or not: a policy that could not be read may grant what was used.
_GRANTED, _SURELY = "('used', 'unused', 'unknown')", "('used', 'unused')"
_FITS = {
    "granted": f"status_before NOT IN {_SURELY} AND status_after IN {_GRANTED}",
    "revoked": f"status_before IN {_GRANTED} AND status_after NOT IN {_SURELY}",
    "first_used": f"status_before NOT IN {_IN_USE} AND status_after IN {_IN_USE}",
    "used_again": f"status_before NOT IN {_IN_USE} AND status_after IN {_IN_USE}",
    "became_unused": "status_before NOT IN ('', 'unused') AND status_after = 'unused'",
    "became_unknown": "status_before <> 'unknown' AND status_after = 'unknown'",
    "no_longer_used": "status_before IN ('not_granted', 'unknown') AND status_after = ''",
    "principal_created": "status_before = '' AND status_after = ''",
    "principal_deleted": "status_before = '' AND status_after = ''",
}
_BY_CHANGE = " ".join(f"WHEN '{change}' THEN {fits}" for change, fits in _FITS.items())


def _is_the_sum(of: str, by: Sequence[str], counts: dict[str, str]) -> Rule:
    """Return the rule that a row is that of the rows of `of` with the same `by`: `counts` and all sums."""
    sums = {**counts, **{name: f"sum({name})" for name in COUNTS}}
    theirs = ", ".join(f"coalesce({term}, 0) AS their_{name}" for name, term in sums.items())
    differ = " OR ".join(f"{name} IS DISTINCT FROM coalesce(their_{name}, 0)" for name in sums)
    keys = ", ".join(by)
    return none_where(
        "is_the_sum",
        f"All numbers are those of {of}, counted and summed",
        # Fractions that are summed in another order differ in the last digits.
        f"{differ} OR abs(risk_score - coalesce(their_score, 0)) > 1e-9 * greatest(1, risk_score)",
        f"granted || ' granted, in {of} ' || coalesce(their_granted, 0)",
        source=f"b LEFT JOIN (SELECT {keys}, {theirs}, sum(risk_score) AS their_score FROM {of}"
        f" GROUP BY {keys}) theirs USING ({keys})",
    )


PERMISSION_TRENDS = suite(
    "permission_trends",
    TRENDS_KEY,
    one_of("principal_type is of its closed set", {"principal_type": ("user", "role")}),
    refers(
        "principal_is_known",
        "Every principal is in the day's snapshot, or has verdicts, with that id",
        "principal_arn || ' ' || principal_id",
        """(SELECT day, account, arn, id FROM iam_snapshots WHERE kind IN ('user', 'role')
            UNION SELECT day, account, principal_arn, principal_id FROM principal_diffs)""",
        "arn || ' ' || id",
    ),
    none_where(
        "nobody_is_left_out",
        "Every user and role of the day's snapshot has a row",
        "true",
        "arn",
        source="""(SELECT day, account, arn FROM iam_snapshots WHERE kind IN ('user', 'role')) theirs
            ANTI JOIN b ON b.day = theirs.day AND b.account = theirs.account AND b.principal_arn = theirs.arn""",
    ),
    _COUNTS_AGREE,
    none_where(
        "verdicts_are_counted",
        "As many verdicts are counted as principal_diffs has",
        "counted <> rows",
        "counted || ' counted, ' || rows || ' in principal_diffs'",
        source="""(SELECT s.day, s.account, s.rows, coalesce(mine.counted, 0) AS counted
            FROM (SELECT s.* FROM stored s SEMI JOIN asked a ON s.day = a.day AND s.account = a.account
                  WHERE s.name = 'principal_diffs') s
            LEFT JOIN (SELECT day, account, sum(used + unused + unknown + not_granted) AS counted
                       FROM b GROUP BY day, account) mine USING (day, account))""",
    ),
    _DAYS_FIT,
    made_from=("principal_diffs", "iam_snapshots"),
    reads=("principal_diffs", "iam_snapshots"),
    volume=2,
)

ACCOUNT_TRENDS = suite(
    "account_trends",
    (),
    _is_the_sum(
        "permission_trends",
        ("day", "account"),
        {
            "principals": "count(*)",
            "users": "count(*) FILTER (principal_type = 'user')",
            "roles": "count(*) FILTER (principal_type = 'role')",
            "without_use": "count(*) FILTER (used = 0 AND not_granted = 0)",
        },
    ),
    _COUNTS_AGREE,
    _DAYS_FIT,
    made_from=("permission_trends",),
    reads=("permission_trends",),
)

ORGANIZATION_TRENDS = suite(
    "organization_trends",
    (),
    _is_the_sum(
        "account_trends", ("day",), {"accounts": "count(*)", **{name: f"sum({name})" for name in _PEOPLE}}
    ),
    _COUNTS_AGREE,
    _DAYS_FIT,
    made_from=("account_trends",),
    reads=("account_trends",),
    cut=DayPartition,
)

PERMISSION_CHANGES = suite(
    "permission_changes",
    CHANGES_KEY,
    one_of(
        "principal_type, change and statuses are of their closed sets",
        {
            "principal_type": ("user", "role"),
            "change": tuple(CHANGES),
            "status_before": ("", *STATUSES),
            "status_after": ("", *STATUSES),
        },
    ),
    none_where(
        "statuses_fit_the_change",
        "The statuses before and after are such that the change is between them",
        f"NOT (CASE change {_BY_CHANGE} ELSE true END)",
        "principal_arn || ' ' || action || ' ' || change || ': ' || status_before || ' -> ' || status_after",
    ),
    none_where(
        "action_is_one",
        "An action is a prefix and a name, and empty where a whole principal came or went",
        "(action = '') <> (change IN ('principal_created', 'principal_deleted'))"
        " OR action <> '' AND NOT regexp_full_match(action, '[^:]+:[^:]*')",
        "principal_arn || ' ' || change || ' ' || action",
    ),
    none_where(
        "events_are_of_uses",
        "Only a use that begins names the event",
        "event_id <> '' AND change NOT IN ('first_used', 'used_again')",
        "principal_arn || ' ' || action || ' ' || change",
    ),
    none_where(
        "compares_with_one_day_before",
        "All changes of a day are those since one and the same earlier day",
        "days <> 1 OR compared_with IS NULL OR compared_with >= day",
        "days || ' days, the last ' || compared_with",
        source="""(SELECT day, account, count(DISTINCT compared_with) AS days, max(compared_with) AS compared_with
            FROM b GROUP BY day, account)""",
    ),
    refers(
        "who_came_is_there",
        "Every principal that was created is in the day's snapshot, with that id",
        "principal_arn || ' ' || principal_id",
        "(SELECT * FROM iam_snapshots WHERE kind IN ('user', 'role'))",
        "arn || ' ' || id",
        "change = 'principal_created'",
    ),
    made_from=("iam_snapshots", "principal_diffs", "expanded_grants", "grant_sources"),
    reads=("iam_snapshots",),
)

SUITES = (
    PERMISSION_TRENDS,
    ACCOUNT_TRENDS,
    ORGANIZATION_TRENDS,
    PERMISSION_CHANGES,
    *history_checks.SUITES,
)
