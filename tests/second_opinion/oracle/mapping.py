"""From an event to the IAM actions that the call needed: DESIGN 3, Mapping an event to IAM actions."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

# DESIGN 3: ListFunctions20150331, CreateDistribution2020_05_31, ...20150331v2. A date, not any eight digits
# (tests/cases/event_mapping/suffix.json).
_VERSION = re.compile(r"(.*?)_?(?:19|20)(?:\d{2}_\d{2}_\d{2}|\d{6})(?:v\d+)?")


@dataclass(frozen=True)
class Needs:
    """What a call needed: all of `always`, and perhaps each of `maybe`; not `mapped`: nothing is known of the event."""

    always: frozenset[str] = frozenset()
    maybe: frozenset[str] = frozenset()
    mapped: bool = True


NOT_MAPPED = Needs(mapped=False)


class Mapping:
    """Maps events by the facts: rows of `aws_actions`, `iam_actions` and the CSV files."""

    def __init__(
        self,
        operations: list[Row],
        actions: list[Row],
        operation_actions: list[Row],
        event_sources: list[Row],
        no_permission: list[Row],
    ) -> None:
        """Take the facts; see `tests.second_opinion.facts`."""
        self._free = {
            (row["event_source_prefix"].lower(), row["event_name"].lower()) for row in no_permission
        }
        # Data dictionary, iam_actions: unverified are those that only a name in botocore suggests.
        self._published = {row["action"].lower(): row["action"] for row in actions if not row["unverified"]}
        self._by_source: dict[tuple[str, str], list[Row]] = {}
        self._by_endpoint: dict[tuple[str, str], list[Row]] = {}
        calls = [*operations, *_of_consoles(operations, operation_actions, event_sources)]
        for row in calls:
            source, name = source_of(row["event_source"]), row["operation"].lower()
            self._by_source.setdefault((source, name), []).append(row)
            self._by_endpoint.setdefault((row["endpoint_prefix"].lower(), name), []).append(row)
        self._prefixes = _prefixes(calls, event_sources)
        self._known: dict[tuple[str, str], Needs] = {}

    def needs(self, event_source: str, event_name: str) -> Needs:
        """Return what the event needed."""
        key = event_source, event_name
        if key not in self._known:
            self._known[key] = self._needs(source_of(event_source), event_name.strip().lower())
        return self._known[key]

    def _needs(self, source: str, name: str) -> Needs:
        # The exact operation; else the operation without its API-version suffix.
        names = [name]
        if match := _VERSION.fullmatch(name):
            names.append(match[1])
        for candidate in names:
            # DESIGN 3: events that need no permission are neither used nor `+`. SOURCES.md: `*` is the whole source.
            if {(source, candidate), (source, "*")} & self._free:
                return Needs()
            found = self._called(source, candidate) or self._named(source, candidate)
            if found:
                return found
        return NOT_MAPPED

    def _called(self, source: str, name: str) -> Needs | None:
        """By operation: of the event source, else of an endpoint of this name (aws_actions.endpoint_prefix)."""
        rows = self._by_source.get((source, name)) or self._by_endpoint.get((source, name))
        if not rows:
            return None
        # tests/cases/event_mapping: a published action is believed before a name that is only suggested; what the
        # operations of several services on one source have in common is needed, of the rest one may be.
        rows = [row for row in rows if row["rule"] != "unverified"] or rows
        always = frozenset.intersection(*(frozenset(row["primary"]) for row in rows))
        all_of_them = {
            action for row in rows for key in ("primary", "conditional", "one_of") for action in row[key]
        }
        return Needs(always, frozenset(all_of_them) - always)

    def _named(self, source: str, name: str) -> Needs | None:
        """By the name of a published action below one of the source's IAM prefixes (event_mapping/exact.json: SSM)."""
        prefixes = self._prefixes.get(source, [source])
        found = [
            self._published[key]
            for key in (f"{prefix}:{name}" for prefix in prefixes)
            if key in self._published
        ]
        return Needs(frozenset(found[:1]), frozenset(found[1:])) if found else None


def source_of(event_source: str) -> str:
    """Return what stands before .amazonaws.com; in China .amazonaws.com.cn (event_mapping/exact.json)."""
    return re.sub(r"\.amazonaws\.com(\.cn)?$", "", event_source.strip().lower())


def _of_consoles(operations: list[Row], given: list[Row], event_sources: list[Row]) -> list[Row]:
    """Return the rows of operation_actions.csv that are no operation of botocore: SOURCES.md, `not-in-botocore`.

    Their `service` is one of botocore, or an event source of event_sources.csv that no service is called after.
    """
    known = {(row["service"], row["operation"]) for row in operations}
    sources: dict[str, Counter[tuple[str, str]]] = {}
    for row in operations:
        sources.setdefault(row["service"], Counter())[row["event_source"], row["endpoint_prefix"]] += 1
    of_service = {service: min(seen, key=lambda one: (-seen[one], one)) for service, seen in sources.items()}
    for row in event_sources:
        name = row["event_source_prefix"]
        of_service.setdefault(name, (f"{name}.amazonaws.com", name))
    rows = []
    for row in given:
        service, operation = row["service"], row["operation"]
        if (service, operation) not in known and service in of_service:
            source, endpoint = of_service[service]
            lists = {key: (row[key] or "").split() for key in ("primary", "conditional", "one_of")}
            said = {"event_source": source, "endpoint_prefix": endpoint, "operation": operation}
            rows.append({**said, **lists, "rule": "operation_actions"})
    return rows


def _prefixes(calls: list[Row], event_sources: list[Row]) -> dict[str, list[str]]:
    """Return the IAM prefixes of an event source: SOURCES.md, event_sources.csv; its own name; those that it uses."""
    used: dict[str, Counter[str]] = {}
    for row in calls:
        if row["rule"] in ("exact", "renamed_source"):
            counts = used.setdefault(source_of(row["event_source"]), Counter())
            counts[row["primary"][0].partition(":")[0]] += 1
    given = {row["event_source_prefix"].lower(): row["iam_prefixes"].split() for row in event_sources}
    found = {}
    for source in {*used, *given}:
        counts = used.get(source, Counter())
        often = sorted(counts, key=lambda prefix: (-counts[prefix], prefix))
        found[source] = list(dict.fromkeys([*given.get(source, []), source, *often]))
    return found
