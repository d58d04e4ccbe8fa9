"""DuckDB: its JSON reader, one query to the aggregates, one thread as the others."""

import json
import sys
import time

import duckdb

ISSUER = "sessionContext STRUCT(sessionIssuer STRUCT(arn VARCHAR, principalId VARCHAR))"
IDENTITY = f"STRUCT(arn VARCHAR, principalId VARCHAR, invokedBy VARCHAR, {ISSUER})"
RECORD = (
    f"STRUCT(userIdentity {IDENTITY}, eventTime VARCHAR, eventSource VARCHAR, eventName VARCHAR, eventID VARCHAR,"
    " errorCode VARCHAR)[]"
)
QUERY = f"""
WITH files AS (
  SELECT unnest(Records) AS r
  FROM read_json('{sys.argv[1]}/**/*.json.gz', columns={{Records: '{RECORD}'}}, maximum_object_size=200000000)
), events AS (
  SELECT DISTINCT ON (r.eventID)
    r.eventTime AS moment, r.eventSource AS source, r.eventName AS name,
    coalesce(r.userIdentity.sessionContext.sessionIssuer.arn, r.userIdentity.arn, r.userIdentity.invokedBy, '') AS arn,
    coalesce(r.userIdentity.sessionContext.sessionIssuer.principalId, r.userIdentity.principalId, '') AS id,
    CASE WHEN coalesce(r.errorCode, '') = '' THEN 'ok'
      WHEN regexp_matches(r.errorCode, '^(Client\\.)?(AccessDenied|.*Unauthorized|AuthorizationError|NotAuthorized|Forbidden)')
      THEN 'denied' ELSE 'error' END AS outcome
  FROM files
)
SELECT arn, id, source, name, outcome, count(*) AS events, min(moment), max(moment) FROM events GROUP BY ALL
"""
connection = duckdb.connect()
connection.execute(f"SET threads = {sys.argv[2]}")
began = time.perf_counter()
rows = connection.execute(QUERY).fetchall()
seconds = time.perf_counter() - began
print(json.dumps({"events": sum(row[5] for row in rows), "rows": len(rows), "seconds": seconds}))
