"""The aggregates that contenders make: distinct events by principal, call and outcome, with first and last time."""

import re
from collections.abc import Iterable
from typing import Any

Key = tuple[str, str, str, str, str]
_DENIED = re.compile(r"(Client\.)?(AccessDenied|.*Unauthorized|AuthorizationError|NotAuthorized|Forbidden)")


def outcome(error: str | None) -> str:
    """Return `ok`, `denied` or `error`."""
    if not error:
        return "ok"
    return "denied" if _DENIED.match(error) else "error"


def principal(identity: dict[str, Any]) -> tuple[str, str]:
    """Return the ARN and id of who acted: the role of a session, else the user or service itself."""
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer")
    if issuer:
        return issuer["arn"], issuer["principalId"]
    return identity.get("arn") or identity.get("invokedBy") or "", identity.get("principalId") or ""


def counted(records: Iterable[dict[str, Any]]) -> dict[Key, list[Any]]:
    """Return events, first and last time by key, every `eventID` once."""
    seen: set[str] = set()
    groups: dict[Key, list[Any]] = {}
    for record in records:
        if record["eventID"] in seen:
            continue
        seen.add(record["eventID"])
        time = record["eventTime"]
        arn, identifier = principal(record["userIdentity"])
        key = (arn, identifier, record["eventSource"], record["eventName"], outcome(record.get("errorCode")))
        group = groups.get(key)
        if group is None:
            groups[key] = [1, time, time]
        else:
            group[0] += 1
            group[1] = min(group[1], time)
            group[2] = max(group[2], time)
    return groups


def one_table(records: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Make the aggregates, and return how many distinct `events` and how many `rows` there were."""
    groups = counted(records)
    return {"events": sum(group[0] for group in groups.values()), "rows": len(groups)}
