"""What `role_sessions` promises."""

from assets.role_sessions.schema import CERTAINTIES, KEY, LINKS
from assets.table_checks.rule import none_where, one_of
from assets.table_checks.suite import suite

SESSIONS = suite(
    "role_sessions",
    KEY,
    one_of(
        "kind, link and certainty are of their closed sets",
        {"kind": ("person", "service", "unknown"), "link": LINKS, "certainty": CERTAINTIES},
    ),
    none_where(
        "events_add_up",
        "What succeeded, was refused and failed are all events, and none is negative",
        "least(ok_events, denied_events, error_events) < 0 OR events <> ok_events + denied_events + error_events",
        "session_id",
    ),
    none_where(
        "events_are_the_logs",
        "The events of a day are those of session_usage",
        "mine.events IS DISTINCT FROM theirs.events",
        "coalesce(mine.events, 0) || ' events, in session_usage ' || coalesce(theirs.events, 0)",
        source="""(SELECT day, account, sum(events) AS events FROM b GROUP BY ALL HAVING sum(events) > 0) mine
            FULL JOIN (SELECT day, account, sum(events) AS events FROM session_usage GROUP BY ALL) theirs
            USING (day, account)""",
    ),
    none_where(
        "times_are_the_days",
        "Sessions with events, and only they, have a first and last one, in that order and on the day (UTC)",
        "(events > 0) <> (first_seen IS NOT NULL) OR (events > 0) <> (last_seen IS NOT NULL)"
        " OR first_seen > last_seen OR CAST(first_seen AT TIME ZONE 'UTC' AS DATE) <> day"
        " OR CAST(last_seen AT TIME ZONE 'UTC' AS DATE) <> day",
        "session_id",
    ),
    none_where(
        "services_are_named",
        "Sessions of services, and only they, name the service",
        "(kind = 'service') <> (service <> '')",
        "session_id || ' ' || kind || ' ' || service",
    ),
    none_where(
        "chain_ends_with_the_role",
        "The last role on the way is the session's own; sessions of users have no way",
        "session_type = 'role' AND role_arn <> '' AND chain[-1] IS DISTINCT FROM role_arn"
        " OR session_type <> 'role' AND len(chain) > 0",
        "session_id",
    ),
    made_from=("role_assumptions", "session_usage"),
    reads=("session_usage",),
)

SUITES = (SESSIONS,)
