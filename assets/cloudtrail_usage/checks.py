"""What `cloudtrail_usage`, `log_coverage` and `rejected_records` promise."""

from assets.cloudtrail_usage.identity import PRINCIPAL_TYPES
from assets.cloudtrail_usage.outcome import OUTCOMES
from assets.cloudtrail_usage.rejections import REASONS
from assets.cloudtrail_usage.schema import (
    CLOUDTRAIL_USAGE_KEY,
    LOG_COVERAGE_KEY,
    REJECTED_RECORDS_KEY,
    ROLE_ASSUMPTIONS_KEY,
    SESSION_USAGE_KEY,
)
from assets.table_checks.rule import HISTORY_DAYS, none_where, one_of
from assets.table_checks.suite import suite

REJECTED_SHARE = 0.01
_COUNTS = ("files", "bytes", "records", "permission_events", "other_events", "duplicates", "rejected")

_COUNTED = (
    none_where("counts_are_positive", "Every row counts at least one event", "events < 1", "event_name"),
    none_where(
        "times_are_the_days",
        "First and last event lie on the day (UTC), in that order",
        "first_seen > last_seen OR CAST(first_seen AT TIME ZONE 'UTC' AS DATE) <> day"
        " OR CAST(last_seen AT TIME ZONE 'UTC' AS DATE) <> day",
        "event_name || ' ' || first_seen || ' ' || last_seen",
    ),
)

USAGE = suite(
    "cloudtrail_usage",
    CLOUDTRAIL_USAGE_KEY,
    one_of(
        "principal_type and outcome are of their closed sets",
        {"principal_type": PRINCIPAL_TYPES, "outcome": OUTCOMES},
    ),
    none_where(
        "event_is_named",
        "Every row names the event's source, name and type",
        "event_source = '' OR event_name = '' OR event_type = ''",
        "event_source || ' ' || event_name || ' ' || event_type",
    ),
    none_where(
        "principal_is_no_session",
        "A user or role is named by its own ARN, never by that of a session",
        "principal_type IN ('user', 'role') AND principal_arn LIKE 'arn:aws%:sts::%'",
        "principal_arn",
    ),
    *_COUNTED,
    none_where(
        "totals_agree",
        "The events are those that log_coverage counted: calls, and everything else",
        "calls <> permission_events OR others <> other_events",
        "calls || ' calls of ' || permission_events || ', ' || others || ' other events of ' || other_events",
        source="""(
            SELECT day, account,
                   coalesce(u.calls, 0) AS calls, coalesce(u.others, 0) AS others,
                   coalesce(c.permission_events, 0) AS permission_events,
                   coalesce(c.other_events, 0) AS other_events
            FROM asked
            LEFT JOIN (SELECT day, account, sum(events) FILTER (event_type = 'AwsApiCall') AS calls,
                              sum(events) FILTER (event_type <> 'AwsApiCall') AS others
                       FROM b GROUP BY day, account) u USING (day, account)
            LEFT JOIN (SELECT day, account, sum(permission_events) AS permission_events,
                              sum(other_events) AS other_events
                       FROM log_coverage GROUP BY day, account) c USING (day, account))""",
    ),
    reads=("log_coverage",),
    volume=5,
)

COVERAGE = suite(
    "log_coverage",
    LOG_COVERAGE_KEY,
    none_where(
        "counts_are_not_negative",
        "No count is negative",
        f"least({', '.join(_COUNTS)}, unreadable_files) < 0",
        "region",
    ),
    none_where(
        "records_add_up",
        "Every record is accounted for: an event, a duplicate or rejected",
        "records <> permission_events + other_events + duplicates + rejected - unreadable_files",
        "region || ': ' || records || ' records'",
    ),
    none_where(
        "complete_is_deserved",
        "A region's day is complete only where there are files and it is final",
        "complete AND (files = 0 OR provisional)",
        "region",
    ),
    none_where(
        "rejected_are_rows",
        "What was rejected is a row of rejected_records",
        "counted <> listed",
        "counted || ' counted, ' || listed || ' rows'",
        source="""(
            SELECT day, account, coalesce(c.n, 0) AS counted, coalesce(r.n, 0) AS listed FROM asked
            LEFT JOIN (SELECT day, account, sum(rejected) AS n FROM b GROUP BY ALL) c USING (day, account)
            LEFT JOIN (SELECT day, account, count(*) AS n FROM rejected_records GROUP BY ALL) r
            USING (day, account))""",
    ),
    none_where(
        "few_are_rejected",
        f"Not more than {REJECTED_SHARE:.0%} of a day's records were rejected",
        f"rejected > {REJECTED_SHARE} * greatest(records, 1)",
        "rejected || ' of ' || records || ' records'",
        "warn",
        "(SELECT day, account, sum(rejected) AS rejected, sum(records) AS records FROM b GROUP BY day, account)",
    ),
    none_where(
        "most_files_are_read",
        f"Not more than {REJECTED_SHARE:.0%} of a day's files could not be read",
        f"unreadable > {REJECTED_SHARE} * greatest(files, 1)",
        "unreadable || ' of ' || files || ' files could not be read: see rejected_records'",
        "warn",
        # Nobody knows how many records one held.
        "(SELECT day, account, sum(unreadable_files) AS unreadable, sum(files) AS files FROM b GROUP BY day, account)",
    ),
    none_where(
        "no_region_is_silent",
        f"A region that had logs on most of the {HISTORY_DAYS} days before has logs",
        "true",
        "region || ' has no logs'",
        "warn",
        f"""(
            SELECT a.day, a.account, e.region
            FROM asked a JOIN log_coverage_before e
              ON e.account = a.account AND e.day < a.day AND e.day >= a.day - {HISTORY_DAYS}
            LEFT JOIN b ON b.day = a.day AND b.account = a.account AND b.region = e.region
            GROUP BY a.day, a.account, e.region
            HAVING count(DISTINCT e.day) >= 3 AND coalesce(max(b.bytes), 0) = 0
               AND count(DISTINCT e.day) FILTER (e.bytes > 0) > count(DISTINCT e.day) / 2)""",
    ),
    none_where(
        "is_final",
        "The day was read after its deliveries were in",
        "provisional",
        "region || ' was read too early to be final'",
        "warn",
    ),
    reads=("rejected_records",),
    looks_back=("log_coverage",),
)

REJECTED = suite(
    "rejected_records",
    REJECTED_RECORDS_KEY,
    one_of("reason is of its closed set", {"reason": [reason.value for reason in REASONS]}),
    none_where(
        "position_is_one",
        "A position is that of a record, or -1 for the whole file",
        "position < -1",
        "file || ' ' || position",
    ),
    none_where("file_is_named", "Every row names its file", "file = ''", "region || ' ' || reason"),
)

ASSUMPTIONS = suite(
    "role_assumptions",
    ROLE_ASSUMPTIONS_KEY,
    one_of("outcome is of its closed set", {"outcome": OUTCOMES}),
    none_where(
        "time_is_the_days",
        "The event lies on the day (UTC)",
        "CAST(event_time AT TIME ZONE 'UTC' AS DATE) <> day",
        "event_id",
    ),
    none_where(
        "keys_are_hashed",
        "No access key id is stored as it is",
        "regexp_matches(key || ' ' || caller_key, '(AKIA|ASIA)[A-Z0-9]{{16}}')",
        "event_id",
    ),
)

SESSIONS = suite(
    "session_usage",
    SESSION_USAGE_KEY,
    one_of("outcome is of its closed set", {"outcome": OUTCOMES}),
    *_COUNTED,
    none_where(
        "keys_are_hashed",
        "No access key id is stored as it is",
        "regexp_matches(key, '(AKIA|ASIA)[A-Z0-9]{{16}}')",
        "session",
    ),
    nullable=("session_created",),
)

SUITES = (USAGE, REJECTED, COVERAGE, ASSUMPTIONS, SESSIONS)
