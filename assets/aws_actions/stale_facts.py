"""Rows of the fact files that the installed botocore and the catalogue no longer bear out."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import polars as pl

from assets.aws_actions.facts import Facts, source_prefix

# An origin that says of a row that its call is in no model of botocore, as SOURCES.md has it.
NOT_IN_BOTOCORE = "not-in-botocore"


class StaleRow(NamedTuple):
    """A row that is to be corrected or removed, and why."""

    file: str
    row: str
    reason: str


def stale_rows(facts: Facts, calls: pl.DataFrame, published: pl.DataFrame) -> list[StaleRow]:
    """Return the rows that name an action, prefix, service or operation that there is not; sorted.

    `calls` is that of `botocore_models.operations`, `published` that of `catalogue.published_actions`. The
    operation of a row with the origin `not-in-botocore` need not be botocore's, and its service may be an IAM prefix
    that is an event source as well. Events that need no permission are
    not checked: most of them are no API calls.
    """
    known = _Known(calls, published)
    found = [
        *_operation_actions(facts, known),
        *_event_sources(facts, known),
        *_data_events(facts, known),
        *_dependent_actions(facts, known),
    ]
    return sorted(set(found))


class _Known:
    """What there is; everything in lower case but the services' folders and their operations."""

    def __init__(self, calls: pl.DataFrame, published: pl.DataFrame) -> None:
        self.actions = set(published["action"].str.to_lowercase())
        self.prefixes = {action.partition(":")[0] for action in self.actions}
        self.operations = set(calls.select("service", "operation").unique().rows())
        self.services = {service for service, _ in self.operations}
        names = calls.select("event_source", "endpoint_prefix", "service", "operation").unique().rows()
        self.calls = {
            (name, operation.lower())
            for source, endpoint, service, operation in names
            for name in (source_prefix(source), endpoint.lower(), service)
        }
        self.sources = {source for source, _ in self.calls}
        self.names = {operation for _, operation in self.calls}

    def suggested(self, action: str) -> bool:
        """Say whether an operation of botocore is called as the action is, below a prefix that is known."""
        prefix, _, name = action.lower().partition(":")
        return name in self.names and (prefix in self.prefixes or prefix in self.sources)

    def unpublished(self, actions: str) -> str:
        """Say which of the actions, between spaces, are not published."""
        gone = [action for action in actions.split() if action.lower() not in self.actions]
        return f"not published: {' '.join(gone)}" if gone else ""


def _operation_actions(facts: Facts, known: _Known) -> Iterator[StaleRow]:
    for row in facts.operation_actions.iter_rows():
        service, operation, *lists, origin = row
        further = NOT_IN_BOTOCORE in origin.split()
        if service not in known.services and not (further and service in known.prefixes):
            yield _stale("operation_actions.csv", row, f"botocore has no service {service}")
        elif (service, operation) not in known.operations and not further:
            yield _stale("operation_actions.csv", row, f"botocore's {service} has no operation {operation}")
        if gone := known.unpublished(" ".join(lists)):
            yield _stale("operation_actions.csv", row, gone)


def _event_sources(facts: Facts, known: _Known) -> Iterator[StaleRow]:
    for row in facts.event_sources.iter_rows():
        _, prefixes, services, _ = row
        for kind, names, there in (
            ("IAM prefix", prefixes, known.prefixes),
            ("botocore service", services, known.services),
        ):
            if gone := [name for name in names.split() if name not in there]:
                yield _stale("event_sources.csv", row, f"there is no {kind} {' '.join(gone)}")


def _data_events(facts: Facts, known: _Known) -> Iterator[StaleRow]:
    for row in facts.data_events.iter_rows():
        source, operation, origin = row[0].lower(), row[1].lower(), row[-1]
        there = (
            source in (known.sources | known.prefixes)
            if operation == "*"
            else ((source, operation) in known.calls or f"{source}:{operation}" in known.actions)
        )
        if not there and NOT_IN_BOTOCORE not in origin.split():
            yield _stale("data_events.csv", row, "neither an operation of botocore nor a published action")


def _dependent_actions(facts: Facts, known: _Known) -> Iterator[StaleRow]:
    for row in facts.dependent_actions.iter_rows():
        # What needs others may be an operation without a published action, under the name that it suggests.
        named = "" if known.suggested(row[0]) else row[0]
        if gone := known.unpublished(f"{named} {row[1]}"):
            yield _stale("dependent_actions.csv", row, gone)


def _stale(file: str, row: Iterable[str], reason: str) -> StaleRow:
    return StaleRow(file, ",".join(row), reason)
