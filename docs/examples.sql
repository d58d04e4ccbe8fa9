-- Questions that people ask of the published tables. Every statement runs unchanged on DuckDB and PostgreSQL (a test
-- runs each of them on both). The schema is that of `warehouse.dataset`, cloudtracker unless configured otherwise.
-- "Today" is the newest published day of each account.


-- Which statements could be dropped today without any principal losing a used action?
-- Each of them by itself; those with droppable_together also all at once. Look at unknown_actions first: of these
-- nobody can tell whether they are used. A statement of a managed policy stands there once for all who carry it.
-- Not editable are those of AWS-managed policies (detach or replace the whole policy), and the inline ones of
-- service-linked roles and of IAM Identity Center's roles (change the permission set).
WITH latest AS (
    SELECT account, max(day) AS day FROM cloudtracker.grant_uses GROUP BY account
), statements AS (
    SELECT s.account, s.day, s.id, s.statement, s.sid,
           coalesce(nullif(s.policy_arn, ''), s.attached_to || ' ' || s.policy_name) AS policy
    FROM cloudtracker.grant_sources s
    JOIN latest l ON l.account = s.account AND l.day = s.day
    WHERE s.effect = 'Allow' AND s.used_as = 'identity'
), uses AS (
    -- A statement may grant an action by several patterns: it counts once.
    SELECT DISTINCT s.account, s.policy, s.statement, u.principal_arn, u.action, u.status
    FROM statements s
    JOIN cloudtracker.grant_uses u ON u.account = s.account AND u.day = s.day AND u.grant_id = s.id
), counted AS (
    SELECT uses.*, count(*) OVER (PARTITION BY account, principal_arn, action) AS granted_by
    FROM uses
), listed AS (
    SELECT account, policy, statement, max(sid) AS sid FROM statements GROUP BY account, policy, statement
)
SELECT t.account, t.policy, t.statement, t.sid,
       count(DISTINCT c.principal_arn) AS principals,
       count(DISTINCT CASE WHEN c.status = 'unused' THEN c.action END) AS unused_actions,
       count(DISTINCT CASE WHEN c.status = 'unknown' THEN c.action END) AS unknown_actions,
       count(CASE WHEN c.status = 'used' THEN 1 END) = 0 AS droppable_together,
       t.policy NOT LIKE 'arn:aws%:iam::aws:policy/%' AND t.policy NOT LIKE '%:role/aws-service-role/% %'
           AND t.policy NOT LIKE '%:role/aws-reserved/sso.amazonaws.com/% %' AS editable
FROM listed t
LEFT JOIN counted c ON c.account = t.account AND c.policy = t.policy AND c.statement = t.statement
GROUP BY t.account, t.policy, t.statement, t.sid
HAVING count(CASE WHEN c.status = 'used' AND c.granted_by = 1 THEN 1 END) = 0
ORDER BY t.account, unknown_actions, unused_actions DESC, t.policy, t.statement;


-- Permission creep by team over a quarter
-- The team is the first part of the principal's path (role/payments/ci), else its name up to the first hyphen.
-- Compared are the newest day of each account and its oldest one of the 91 days before.
WITH edges AS (
    SELECT t.account, min(t.day) AS first_day, max(t.day) AS last_day
    FROM cloudtracker.permission_trends t
    JOIN (SELECT account, max(day) AS day FROM cloudtracker.permission_trends GROUP BY account) newest
        ON newest.account = t.account AND t.day >= newest.day - 91
    GROUP BY t.account
), teams AS (
    SELECT CASE WHEN split_part(t.principal_arn, '/', 3) <> '' THEN split_part(t.principal_arn, '/', 2)
                ELSE split_part(t.principal_name, '-', 1) END AS team,
           t.principal_arn, t.granted, t.unused,
           t.day = e.first_day AS at_first, t.day = e.last_day AS at_last
    FROM cloudtracker.permission_trends t
    JOIN edges e ON e.account = t.account AND (t.day = e.first_day OR t.day = e.last_day)
)
SELECT team,
       count(DISTINCT CASE WHEN at_last THEN principal_arn END) AS principals,
       sum(CASE WHEN at_first THEN granted ELSE 0 END) AS granted_before,
       sum(CASE WHEN at_last THEN granted ELSE 0 END) AS granted_now,
       sum(CASE WHEN at_first THEN unused ELSE 0 END) AS unused_before,
       sum(CASE WHEN at_last THEN unused ELSE 0 END) AS unused_now
FROM teams
GROUP BY team
ORDER BY sum(CASE WHEN at_last THEN granted ELSE 0 END) - sum(CASE WHEN at_first THEN granted ELSE 0 END) DESC, team;


-- Roles assumed by nobody in 90 days
-- published_days says of how many of the 90 days this warehouse holds sessions, covered_days how much of the window the
-- logs cover: on all other days somebody may have assumed it. Sessions of a deleted role of the same name are not its own.
WITH latest AS (
    SELECT account, max(day) AS day FROM cloudtracker.permission_trends GROUP BY account
)
SELECT t.account, t.principal_arn AS role_arn, t.granted, t.unused, t.covered_days, t.window_days,
       (SELECT count(DISTINCT p.day) FROM cloudtracker.permission_trends p
        WHERE p.account = l.account AND p.day > l.day - 90 AND p.day <= l.day) AS published_days
FROM cloudtracker.permission_trends t
JOIN latest l ON l.account = t.account AND l.day = t.day
WHERE t.principal_type = 'role'
  AND NOT EXISTS (
      SELECT 1 FROM cloudtracker.role_sessions s
      WHERE s.role_arn = t.principal_arn AND s.day > l.day - 90 AND s.day <= l.day
        AND (s.role_id = t.principal_id OR s.role_id = '' OR t.principal_id = '')
  )
ORDER BY t.account, t.granted DESC, t.principal_arn;


-- Unused permissions by access level and account
WITH latest AS (
    SELECT account, max(day) AS day FROM cloudtracker.principal_diffs GROUP BY account
)
SELECT d.account, coalesce(nullif(d.access_level, ''), 'unknown level') AS access_level,
       count(*) AS unused, count(DISTINCT d.principal_arn) AS principals,
       count(CASE WHEN d.excluded THEN 1 END) AS decided_to_stay
FROM cloudtracker.principal_diffs d
JOIN latest l ON l.account = d.account AND l.day = d.day
WHERE d.status = 'unused'
GROUP BY d.account, coalesce(nullif(d.access_level, ''), 'unknown level')
ORDER BY d.account, unused DESC, access_level;


-- Who used a role last?
-- certainty says how sure the link is between the session and who is behind it.
WITH sessions AS (
    SELECT s.role_arn, s.session_name, s.kind, s.service, s.origin_type, s.origin_arn, s.origin_name, s.certainty,
           s.last_seen, s.events,
           row_number() OVER (PARTITION BY s.role_arn ORDER BY s.last_seen DESC, s.session_id) AS place
    FROM cloudtracker.role_sessions s
    WHERE s.session_type = 'role' AND s.role_arn <> '' AND s.last_seen IS NOT NULL
)
SELECT role_arn, last_seen, kind, coalesce(nullif(origin_name, ''), nullif(origin_arn, ''), nullif(service, ''))
       AS who, session_name, certainty, events
FROM sessions
WHERE place = 1
ORDER BY last_seen DESC, role_arn;


-- Calls that are refused often
-- Within the 90 days that end with the newest one; mostly of what the caller is not granted.
WITH latest AS (
    SELECT account, max(day) AS day FROM cloudtracker.cloudtrail_usage GROUP BY account
)
SELECT u.account, u.principal_arn, u.event_source, u.event_name, sum(u.events) AS denied_events,
       max(u.last_seen) AS last_seen
FROM cloudtracker.cloudtrail_usage u
JOIN latest l ON l.account = u.account AND u.day > l.day - 90
WHERE u.outcome = 'denied' AND u.event_type = 'AwsApiCall'
GROUP BY u.account, u.principal_arn, u.event_source, u.event_name
ORDER BY denied_events DESC, u.account, u.principal_arn, u.event_source, u.event_name
LIMIT 100;


-- Actions that are refused often
-- Only what is granted, or was used without a grant: what else was refused is among the calls above.
WITH latest AS (
    SELECT account, max(day) AS day FROM cloudtracker.principal_diffs GROUP BY account
)
SELECT d.account, d.principal_arn, d.action, d.status, d.reason, d.denied_events, d.events
FROM cloudtracker.principal_diffs d
JOIN latest l ON l.account = d.account AND l.day = d.day
WHERE d.denied_events > 0
ORDER BY d.denied_events DESC, d.account, d.principal_arn, d.action
LIMIT 100;


-- Principals whose unused risk grew within 30 days
-- Scores compare only where score_version is the same. A principal that is newer than 30 days counts from nothing.
WITH latest AS (
    SELECT account, max(day) AS day FROM cloudtracker.permission_trends GROUP BY account
), before AS (
    SELECT t.account, max(t.day) AS day
    FROM cloudtracker.permission_trends t
    JOIN latest l ON l.account = t.account AND t.day <= l.day - 30
    GROUP BY t.account
)
SELECT now.account, now.principal_arn, then_.risk_score AS risk_before, now.risk_score AS risk_now,
       now.risk_score - coalesce(then_.risk_score, 0) AS grown_by, now.unused
FROM cloudtracker.permission_trends now
JOIN latest l ON l.account = now.account AND l.day = now.day
JOIN before b ON b.account = now.account
LEFT JOIN cloudtracker.permission_trends then_
    ON then_.account = b.account AND then_.day = b.day AND then_.principal_arn = now.principal_arn
    AND then_.principal_id = now.principal_id
WHERE now.risk_score > coalesce(then_.risk_score, 0)
  AND (then_.score_version IS NULL OR then_.score_version = now.score_version)
ORDER BY grown_by DESC, now.account, now.principal_arn;


-- Gaps in the coverage of the logs
-- A day of an account without complete logs anywhere is no day without use: verdicts know that, readers should, too.
SELECT account, day,
       coalesce(sum(files), 0) AS files,
       coalesce(sum(rejected), 0) AS rejected_records,
       coalesce(sum(unreadable_files), 0) AS unreadable_files,
       count(CASE WHEN complete THEN 1 END) AS complete_regions,
       count(CASE WHEN NOT complete THEN 1 END) AS incomplete_regions
FROM cloudtracker.log_coverage
GROUP BY account, day
HAVING count(CASE WHEN complete THEN 1 END) = 0 OR count(CASE WHEN NOT complete THEN 1 END) > 0
ORDER BY account, day;


-- What changed in the last seven days?
WITH latest AS (
    SELECT account, max(day) AS day FROM cloudtracker.permission_trends GROUP BY account
)
SELECT c.account, c.day, c.change, c.principal_arn, c.action, c.status_before, c.status_after, c.policy
FROM cloudtracker.permission_changes c
JOIN latest l ON l.account = c.account AND c.day > l.day - 7
ORDER BY c.account, c.day DESC, c.change, c.principal_arn, c.action;


-- Permissions that have been unused on every stored day
-- valid_to is null while the status lasts; valid_from is the first stored day of it.
SELECT h.account, h.principal_arn, h.action, h.valid_from, h.last_seen
FROM cloudtracker.permission_history h
WHERE h.status = 'unused' AND h.valid_to IS NULL
  AND NOT EXISTS (
      SELECT 1 FROM cloudtracker.permission_history other
      WHERE other.account = h.account AND other.principal_arn = h.principal_arn AND other.action = h.action
        AND other.principal_id = h.principal_id AND other.status <> 'unused'
  )
ORDER BY h.account, h.valid_from, h.principal_arn, h.action;
