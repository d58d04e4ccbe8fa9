"""What `unmapped_events` promises: a share that grows means that the mapping has fallen behind."""

from assets.table_checks.rule import HISTORY_DAYS, none_where
from assets.table_checks.suite import suite
from assets.unmapped_events.schema import KEY

TOLERANCE = 0.01
_CALLS = "event_type = 'AwsApiCall'"

UNMAPPED = suite(
    "unmapped_events",
    KEY,
    none_where("counts_are_positive", "Every row counts at least one event", "events < 1", "event_name"),
    none_where(
        "events_were_made",
        "Every row counts as many calls as cloudtrail_usage has of that event",
        "mine.events IS DISTINCT FROM theirs.events",
        "mine.event_source || ' ' || mine.event_name",
        source=f"""(SELECT day, account, event_source, event_name, events FROM b) mine
            LEFT JOIN (SELECT day, account, event_source, event_name, sum(events) AS events
                       FROM cloudtrail_usage WHERE {_CALLS} GROUP BY ALL) theirs
            USING (day, account, event_source, event_name)""",
    ),
    none_where(
        "share_does_not_grow",
        f"The share of calls that map to no IAM action is at most {TOLERANCE:.0%} larger than on the"
        f" {HISTORY_DAYS} days before",
        f"lost / calls > lost_before / calls_before + {TOLERANCE}",
        "round(100 * lost / calls, 1) || ' %, before ' || round(100 * lost_before / calls_before, 1) || ' %'",
        "warn",
        f"""(
            WITH calls AS (SELECT day, account, sum(events) AS calls FROM cloudtrail_usage_before
                           WHERE {_CALLS} GROUP BY ALL),
                 lost AS (SELECT day, account, sum(events) AS lost FROM unmapped_events_before GROUP BY ALL),
                 both_ AS (SELECT day, account, calls, coalesce(lost, 0) AS lost
                           FROM calls LEFT JOIN lost USING (day, account))
            SELECT a.day, a.account, any_value(t.lost) AS lost, any_value(t.calls) AS calls,
                   sum(e.lost) AS lost_before, sum(e.calls) AS calls_before
            FROM asked a JOIN both_ t USING (day, account)
            JOIN both_ e ON e.account = a.account AND e.day < a.day AND e.day >= a.day - {HISTORY_DAYS}
            GROUP BY a.day, a.account)""",
    ),
    made_from=("cloudtrail_usage", "aws_actions", "iam_actions"),
    reads=("cloudtrail_usage",),
    looks_back=("cloudtrail_usage", "unmapped_events"),
)

SUITES = (UNMAPPED,)
