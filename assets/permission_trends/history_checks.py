"""What the history and its bookkeeping promise: tables that are cut by account."""

from assets.partitions import AccountPartition
from assets.permission_trends.schema import HISTORY_DAYS_KEY, HISTORY_KEY
from assets.principal_diffs.schema import STATUSES
from assets.table_checks.rule import none_where, one_of
from assets.table_checks.suite import suite

_LAST = "(SELECT account, max(day) AS last_day FROM permission_history_days GROUP BY account)"
_DIFFS = "(SELECT day, account, rows FROM stored WHERE name = 'principal_diffs')"

PERMISSION_HISTORY = suite(
    "permission_history",
    HISTORY_KEY,
    one_of("status is of its closed set", {"status": STATUSES}),
    none_where(
        "times_are_in_order",
        "A status is first seen, last seen, and then otherwise, in that order",
        "last_seen IS NULL OR valid_from > last_seen OR valid_to <= last_seen",
        "principal_arn || ' ' || action || ' ' || valid_from",
    ),
    none_where(
        "intervals_do_not_overlap",
        "A permission has one status at a time",
        "follows AND (until IS NULL OR until > valid_from)",
        "principal_arn || ' ' || action || ' ' || valid_from",
        source="""(SELECT *, row_number() OVER earlier > 1 AS follows, lag(valid_to) OVER earlier AS until FROM b
            WINDOW earlier AS (PARTITION BY account, principal_arn, action, principal_id ORDER BY valid_from))""",
    ),
    none_where(
        "only_the_last_day_is_open",
        "What has no end, and nothing else, is still so on the last day that the history holds",
        "(valid_to IS NULL) <> (last_seen IS NOT DISTINCT FROM last_day)",
        "principal_arn || ' ' || action || ' ' || last_seen",
        source=f"b LEFT JOIN {_LAST} days USING (account)",
    ),
    none_where(
        "ends_as_the_last_diff",
        "As many permissions have a status on the last day as that day's principal_diffs has rows",
        "held <> rows",
        "held || ' statuses, ' || rows || ' in principal_diffs of ' || last_day",
        source=f"""(SELECT CAST(NULL AS DATE) AS day, account, last_day, any_value(d.rows) AS rows,
                count(b.principal_arn) AS held
            FROM {_LAST} l JOIN {_DIFFS} d USING (account)
            LEFT JOIN b ON b.account = l.account AND b.last_seen = l.last_day
            WHERE d.day = l.last_day GROUP BY account, last_day)""",
    ),
    made_from=("principal_diffs",),
    reads=("permission_history_days",),
    cut=AccountPartition,
)

PERMISSION_HISTORY_DAYS = suite(
    "permission_history_days",
    HISTORY_DAYS_KEY,
    none_where(
        "days_are_stored",
        "Of every day that the history holds the diff is stored",
        "true",
        "day",
        source=f"b ANTI JOIN {_DIFFS} d ON d.day = b.day AND d.account = b.account",
    ),
    none_where(
        "no_stored_day_is_left_out",
        "The history holds every day whose diff is stored",
        "true",
        "day",
        "warn",
        f"{_DIFFS} d ANTI JOIN b ON d.day = b.day AND d.account = b.account",
    ),
    made_from=("principal_diffs", "permission_history"),
    cut=AccountPartition,
)

SUITES = (PERMISSION_HISTORY, PERMISSION_HISTORY_DAYS)
