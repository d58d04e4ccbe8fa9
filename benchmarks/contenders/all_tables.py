"""The rows of all tables that a reading makes, in the plainest way: dictionaries, one record after the other.

For logs as `benchmarks.generate` makes them: users, sessions of roles, services; sessions are issued by AssumeRole.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from typing import Any

from aggregates import outcome

# As the program's: keys are hashed with a secret.
SECRET = b"benchmark"
_AMERICAN = "%b %d, %Y, %I:%M:%S %p"
_PLACE = re.compile(r"/CloudTrail/([^/]+)/\d{4}/\d\d/\d\d/")
Counted = list[Any]
"""Events, first and last time, the smallest id of those of the last time."""


def region_of(path: str) -> str:
    """Return the region in a file's path."""
    place = _PLACE.search(path)
    return place[1] if place else ""


class Tables:
    """What the records were: add them one by one, then ask for the rows."""

    def __init__(self) -> None:
        """Start without records."""
        self.permission_events: Counter[str] = Counter()
        self.other_events: Counter[str] = Counter()
        self.duplicates: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._usage: dict[tuple[Any, ...], Counted] = {}
        self._services: dict[tuple[Any, ...], set[str]] = {}
        self._error_codes: dict[tuple[Any, ...], set[str]] = {}
        self._sessions: dict[tuple[Any, ...], Counted] = {}
        self._assumptions: dict[str, Counted] = {}

    def add(self, record: dict[str, Any], region: str) -> None:
        """Count a record of a region's log. Regions come in the order of their names: of copies, the first counts."""
        event_id, kind = record["eventID"], record.get("eventType") or "AwsApiCall"
        if event_id in self._seen:
            self.duplicates[region] += 1
            return
        self._seen.add(event_id)
        (self.permission_events if kind == "AwsApiCall" else self.other_events)[region] += 1
        who, time, error = record["userIdentity"], record["eventTime"], record.get("errorCode")
        principal, service = _principal(who), who.get("invokedBy") or ""
        called = (record["eventSource"], record["eventName"], kind, outcome(error))
        row = (*principal, *called, bool(service) and principal[3] != "service")
        _count(self._usage, row, time, event_id)
        if service:
            self._services.setdefault(row, set()).add(service)
        if error:
            self._error_codes.setdefault(row, set()).add(error)
        if who.get("type") == "AssumedRole":
            arn, identifier, account, role = principal
            began = who["sessionContext"]["attributes"]["creationDate"]
            session = (who["principalId"], _hashed(who.get("accessKeyId")), began, "")
            _count(self._sessions, (identifier, arn, account, role, *session, *called), time, event_id)
        if record["eventSource"] == "sts.amazonaws.com" and record["eventName"].startswith("AssumeRole"):
            self._assumptions[event_id] = _assumption(record, who, principal, called[3], region)

    def usage(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of `cloudtrail_usage`."""
        for row, (events, first, last, event_id) in self._usage.items():
            services, codes = self._services.get(row, ()), self._error_codes.get(row, ())
            yield (*row, events, _time(first), _time(last), sorted(services), sorted(codes), event_id)

    def assumptions(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of `role_assumptions`."""
        return map(tuple, self._assumptions.values())

    def sessions(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of `session_usage`: all sessions that were issued to a service are one."""
        services = {row[19]: row[16] for row in self._assumptions.values() if row[6] == "service"}
        rows: dict[tuple[Any, ...], Counted] = {}
        for key, counted in self._sessions.items():
            role, session, called = key[:4], key[4:8], key[8:]
            if session[1] in services:
                session = ("", "", None, services[session[1]])
            _merge(rows, (*role, *session, *called), counted)
        for key, (events, first, last, event_id) in rows.items():
            began = _time(key[6]) if key[6] else None
            name = key[4].partition(":")[2]
            yield (*key[:6], began, *key[7:], name, "", "", "", events, _time(first), _time(last), event_id)


def all_tables(records: Iterable[tuple[dict[str, Any], str]]) -> dict[str, int]:
    """Make all rows of records and their regions, and return how many distinct `events` and how many `rows` there were."""
    tables = Tables()
    for record, region in records:
        tables.add(record, region)
    events = tables.permission_events.total() + tables.other_events.total()
    rows = [*tables.usage(), *tables.sessions(), *tables.assumptions()]
    return {"events": events, "rows": len(rows)}


def _principal(who: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return ARN, id, account and type of the principal behind an identity."""
    if who.get("type") == "AssumedRole":
        issuer = who["sessionContext"]["sessionIssuer"]
        return issuer["arn"], issuer["principalId"], issuer["accountId"], "role"
    if who.get("type") == "AWSService":
        return who.get("invokedBy") or "", "", "", "service"
    return who["arn"], who["principalId"], who["accountId"], "user"


def _assumption(
    record: dict[str, Any],
    who: dict[str, Any],
    principal: tuple[str, str, str, str],
    result: str,
    region: str,
) -> Counted:
    request, response = record.get("requestParameters") or {}, record.get("responseElements") or {}
    issued, role = response.get("credentials") or {}, request.get("roleArn") or ""
    session = response.get("assumedRoleUser", {}).get("assumedRoleId") or ""
    arn, identifier, account, kind = principal
    asked = kind == "role"
    began = who["sessionContext"]["attributes"]["creationDate"] if asked else None
    return [
        record["eventID"],
        record.get("sharedEventID") or "",
        _time(record["eventTime"]),
        record["eventName"],
        result,
        record.get("errorCode") or "",
        kind,
        arn,
        identifier,
        account,
        (who.get("userName") or "") if kind == "user" else "",
        who["principalId"] if asked else "",
        _time(began) if began else None,
        _hashed(who.get("accessKeyId")),
        "",
        "",
        who.get("invokedBy") or "",
        role,
        role.split(":")[4] if role else "",
        _hashed(issued.get("accessKeyId")),
        session,
        request.get("roleSessionName") or session.partition(":")[2],
        request.get("sourceIdentity") or "",
        datetime.strptime(issued["expiration"], _AMERICAN).replace(tzinfo=UTC) if issued else None,
        "",
        bool(request.get("externalId")),
        region,
    ]


def _count(rows: dict[tuple[Any, ...], Counted], key: tuple[Any, ...], time: str, event_id: str) -> None:
    _merge(rows, key, [1, time, time, event_id])


def _merge(rows: dict[tuple[Any, ...], Counted], key: tuple[Any, ...], more: Counted) -> None:
    counted = rows.get(key)
    if counted is None:
        rows[key] = list(more)
        return
    counted[0] += more[0]
    if more[1] < counted[1]:
        counted[1] = more[1]
    if more[2] > counted[2]:
        counted[2:] = more[2:]
    elif more[2] == counted[2] and more[3] < counted[3]:
        counted[3] = more[3]


@cache
def _hashed(access_key_id: str | None) -> str:
    if not access_key_id:
        return ""
    return blake2b(access_key_id.encode(), key=blake2b(SECRET).digest(), digest_size=16).hexdigest()


@cache
def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
