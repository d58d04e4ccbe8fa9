"""What each principal did on each day, and how well the logs cover it: DESIGN 2 and 3, Usage; README, The tables."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tests.second_opinion.oracle.identity import Who, who_did_it
from tests.second_opinion.oracle.mapping import source_of
from tests.second_opinion.oracle.reading import Delivery, Event, Rejected, delivered_on, regions_of

Json = dict[str, Any]


class Kind(NamedTuple):
    """The key of a row of cloudtrail_usage (data dictionary)."""

    who: Who
    source: str
    name: str
    type: str
    outcome: str
    via_service: bool


@dataclass
class Seen:
    """Events of a kind on a day."""

    events: int
    first: datetime
    last: datetime
    services: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    def add(self, event: Event) -> None:
        """Count an event."""
        self.events += 1
        self.first, self.last = min(self.first, event.time), max(self.last, event.time)
        service, code = event.record["userIdentity"].get("invokedBy"), event.record.get("errorCode")
        self.services |= {service} if service else set()
        self.codes |= {code} if code else set()


@dataclass(frozen=True)
class Day:
    """The tables of a day: usage, coverage by region, and what was delivered on it and cannot be read."""

    usage: dict[Kind, Seen]
    coverage: dict[str, dict[str, Any]]
    rejected: list[Rejected]

    @property
    def covered(self) -> bool:
        """Whether the day counts as covered.

        README, The tables: what could not be read lowers it; nor does a day count on which no file was delivered, or
        of which no event was found. Data dictionary, covered_days: files delivered on the day, events of it, nothing
        missing. DESIGN 2, rejected_records: it lowers the coverage of every day that it could have held.
        """
        rows = self.coverage.values()
        held = sum(row["permission_events"] + row["other_events"] + row["duplicates"] for row in rows)
        return any(row["bytes"] for row in rows) and held > 0 and not any(row["doubtful"] for row in rows)


def days_of(days: list[date], logs: Path, folder: Path, account: str, late_days: int) -> dict[date, Day]:
    """Return the tables of the days that a run makes, all of whose deliveries have come (`as_of`).

    `logs` is the folder that holds AWSLogs/, `folder` that of the account in it.
    """
    usual = {day: [day + timedelta(days=n) for n in range(late_days + 1)] for day in days}
    read = {
        day: delivered_on(day, logs, folder, account)
        for day in sorted({one for some in usual.values() for one in some})
    }
    made = {}
    for day in days:
        # DESIGN 3, Usage: day D reads the delivery days D to D + late_days, and anything found elsewhere later triggers
        # D's rebuild. It is found where that delivery day is made itself.
        late = [
            one for one in days if one not in usual[day] and any(_day(e) == day for e in read[one].events)
        ]
        made[day] = _day_of(day, read, usual[day], late, regions_of(folder), late_days)
    return made


def _day(event: Event) -> date:
    """An event belongs to the day of its eventTime, UTC."""
    return event.time.date()


def _day_of(
    day: date,
    read: dict[date, Delivery],
    usual: list[date],
    late: list[date],
    regions: list[str],
    late_days: int,
) -> Day:
    deliveries = {one: read[one] for one in [*usual, *late]}
    copies: dict[str, list[Event]] = {}
    for delivery in deliveries.values():
        for event in delivery.events:
            if _day(event) == day:
                copies.setdefault(event.id, []).append(event)
    usage: dict[Kind, Seen] = {}
    counts: dict[str, Counter[str]] = {region: Counter() for region in regions}
    for some in copies.values():
        # An event is counted once; the copies count as duplicates where they lie. Which of them the event is, is said
        # in merge_day (assets/cloudtrail_usage/merge.py): the smallest, by the columns of the key, time and region.
        event, *others = sorted(some, key=lambda one: (kind_of(one), *_besides(one), one.time, one.region))
        kind = kind_of(event)
        usage.setdefault(kind, Seen(0, event.time, event.time)).add(event)
        counts[event.region]["permission_events" if kind.type == "AwsApiCall" else "other_events"] += 1
        for other in others:
            counts[other.region]["duplicates"] += 1
    own = read[day]
    rejected = [one for delivery in deliveries.values() for one in delivery.rejected]
    coverage = {}
    for region in regions:
        mine = [one for one in own.rejected if one.region == region]
        unreadable = sum(one.position == -1 for one in mine)
        # Data dictionary, log_coverage.files: delivered on the day, or on another with events of the day.
        others = {
            event.file
            for one, delivery in deliveries.items()
            for event in delivery.events
            if one != day and event.region == region and _day(event) == day
        }
        row: dict[str, Any] = {
            "files": len(own.files[region]) + len(others),
            "bytes": sum(own.files[region]),
            "permission_events": counts[region]["permission_events"],
            "other_events": counts[region]["other_events"],
            "duplicates": counts[region]["duplicates"],
            "rejected": len(mine),
            "unreadable_files": unreadable,
            # Rows of rejected_records of all deliveries in which the day's events should be, or were found.
            "doubtful": sum(one.region == region for one in rejected),
            "late_for": _late_for(day, own, region, late_days),
            "late_from": late,
            "provisional": False,
        }
        row["records"] = (
            row["permission_events"] + row["other_events"] + row["duplicates"] + row["rejected"] - unreadable
        )
        row["complete"] = row["files"] > 0 and not row["doubtful"]
        coverage[region] = row
    return Day(usage, coverage, own.rejected)


def _late_for(day: date, own: Delivery, region: str, late_days: int) -> list[date]:
    """Data dictionary, late_for: delivered on this day, too late (or early) to be found by them."""
    days = {_day(event) for event in own.events if event.region == region}
    return sorted(one for one in days if not day - timedelta(days=late_days) <= one <= day)


def kind_of(event: Event) -> Kind:
    """Return the key of an event's row of cloudtrail_usage."""
    record = event.record
    who = who_did_it(record["userIdentity"], event.region)
    return Kind(
        who,
        record["eventSource"],
        record["eventName"],
        # Data dictionary, event_type: records before 1.02 are calls.
        record.get("eventType") or "AwsApiCall",
        outcome_of(record),
        bool(record["userIdentity"].get("invokedBy")) and who.kind != "service",
    )


def _besides(event: Event) -> tuple[str, str]:
    """What tells copies apart whose row is the same: the service and the code, which are columns of that row."""
    return event.record["userIdentity"].get("invokedBy") or "", event.record.get("errorCode") or ""


# DESIGN 3, Usage: the families of refusals, whatever their case, also behind `Client.`.
_DENIED = re.compile(
    r"(client\.)?(accessdenied|.*unauthorized|authorizationerror|notauthorized|forbidden).*", re.IGNORECASE
)
# What a service refuses though IAM allows it is an error: tests/assets/cloudtrail_usage/test_outcome.py.
_NOT_OF_IAM = {
    ("cognito-idp", "notauthorizedexception"),
    ("cognito-idp", "forbiddenexception"),
    ("cognito-idp", "unauthorizedexception"),
    ("cognito-identity", "notauthorizedexception"),
    ("cognito-sync", "notauthorizedexception"),
    ("route53", "notauthorizedexception"),
    ("dms", "accessdeniedfault"),
    ("redshift", "unauthorizedpartnerintegration"),
    ("social-messaging", "accessdeniedbymetaexception"),
    ("organizations", "accessdeniedfordependencyexception"),
    ("shield", "accessdeniedfordependencyexception"),
}


def outcome_of(record: Json) -> str:
    """Return `ok`, `denied` or `error`. Data dictionary, outcome: error is another code, or a message only."""
    code = record.get("errorCode")
    if not code:
        return "error" if record.get("errorMessage") else "ok"
    if not _DENIED.fullmatch(code) or (source_of(record["eventSource"]), code.lower()) in _NOT_OF_IAM:
        return "error"
    return "denied"


def unmapped(usage: dict[Kind, Seen], is_mapped: Any) -> dict[tuple[str, str], int]:
    """Return unmapped_events: calls that map to no IAM action, whatever their outcome (data dictionary)."""
    counts: Counter[tuple[str, str]] = Counter()
    for kind, seen in usage.items():
        if kind.type == "AwsApiCall" and not is_mapped(kind.source, kind.name):
            counts[kind.source, kind.name] += seen.events
    return dict(counts)


def joined(days: Iterable[Day]) -> dict[Kind, Seen]:
    """Return the usage of several days together."""
    total: dict[Kind, Seen] = {}
    for day in days:
        for kind, seen in day.usage.items():
            sum_ = total.setdefault(kind, Seen(0, seen.first, seen.last))
            sum_.events += seen.events
            sum_.first, sum_.last = min(sum_.first, seen.first), max(sum_.last, seen.last)
    return total
