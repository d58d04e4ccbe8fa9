"""What the Service Reference says about operations, as rows of `operation_actions.csv`.

Its rows have the origin `service-reference`. They win over those of other projects and derived ones; what was
written by hand (`aws-docs`) wins over them, because the reference names the actions that may be asked for and not
which of them a call always needs.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import polars as pl

from assets.aws_actions.botocore_models import operations
from assets.aws_actions.catalogue import published_actions
from assets.aws_actions.fact_files import differences, write
from assets.aws_actions.facts import FACT_FILES, read_facts, source_prefix
from assets.aws_actions.service_prefixes import ServicePrefixes, action_named
from assets.aws_actions.service_reference import ReferenceOperation, read_reference

ORIGIN = "service-reference"
_BY_HAND = "aws-docs"
_FILE = "operation_actions.csv"
_Call = tuple[str, str]


class Merged(NamedTuple):
    """The rows of `operation_actions.csv`, and how many operations of the reference met which fate."""

    operation_actions: pl.DataFrame
    counts: dict[str, int]


def refresh_from_reference(folder: Path, url: str) -> dict[str, int]:
    """Read the reference at `url` and rewrite `operation_actions.csv` of `folder`, whole or not at all.

    Returns the counts of `merged`, and how many lines were added and removed. Raises InputError when the
    reference or a fact file cannot be read, StorageError when the file cannot be written.
    """
    reference, facts = read_reference(url), read_facts(folder)
    rows = merged(
        reference, facts.operation_actions, facts.event_sources, operations(folder), published_actions()
    )
    changed = differences(folder, replace(facts, operation_actions=rows.operation_actions), [_FILE])
    for file in changed:
        write(folder, file)
    return {
        **rows.counts,
        "lines added": sum(len(file.added) for file in changed),
        "lines removed": sum(len(file.removed) for file in changed),
    }


def merged(
    reference: Sequence[ReferenceOperation],
    given: pl.DataFrame,
    event_sources: pl.DataFrame,
    calls: pl.DataFrame,
    published: pl.DataFrame,
) -> Merged:
    """Return `given` (rows of `operation_actions.csv`) with those of the reference in it, sorted.

    `calls` is that of `botocore_models.operations`, `published` that of `catalogue.published_actions`. Rows
    of an earlier refresh that the reference does not bear out any more go. An operation that needs but the
    action of its own name gets a row only where it had one before: the name tells as much.
    """
    canonical = {action.lower(): action for action in published["action"]}
    known = _Calls(calls, ServicePrefixes(event_sources, canonical), canonical)
    actions: dict[_Call, set[str]] = defaultdict(set)
    counts = dict.fromkeys(("operations", "not in botocore", "no published action", "kept by hand"), 0)
    for entry in reference:
        counts["operations"] += 1
        found = known.of(entry)
        counts["not in botocore"] += not found
        for call in found:
            actions[call].update(canonical[a.lower()] for a in entry.actions if a.lower() in canonical)
    before = {(row[0], row[1]): row for row in given.iter_rows()}
    after = {call: row for call, row in before.items() if row[-1] != ORIGIN}
    for call, authorised in actions.items():
        needs = _needs(call[1], authorised)
        if needs is None:
            counts["no published action"] += 1
        elif call in before and _BY_HAND in before[call][-1].split():
            counts["kept by hand"] += 1
        elif call in before or needs != (known.own_action(call) or "", "", ""):
            after[call] = (*call, *needs, ORIGIN)
    schema = dict.fromkeys(FACT_FILES[_FILE], pl.String)
    rows = pl.DataFrame(sorted(after.values()), schema=schema, orient="row")
    return Merged(rows, {**counts, "rows": sum(row[-1] == ORIGIN for row in after.values())})


class _Calls:
    """The operations of botocore, and how the reference's are found among them."""

    def __init__(self, calls: pl.DataFrame, prefixes: ServicePrefixes, canonical: dict[str, str]) -> None:
        self._prefixes, self._canonical = prefixes, canonical
        self._names: dict[_Call, tuple[str, ...]] = {}
        self._services: dict[str, set[str]] = defaultdict(set)
        columns = ("service", "operation", "event_source", "signing_name", "endpoint_prefix")
        for service, operation, source, *names in calls.sort("api_version").select(columns).iter_rows():
            self._names[service, operation] = (source_prefix(source), *names)
            for name in (service, source_prefix(source), *names):
                self._services[name.lower()].add(service)

    def of(self, entry: ReferenceOperation) -> list[_Call]:
        """Return the calls that an operation of the reference is: in the services it names, else of its name."""
        services = set(entry.sdk_services) or self._services.get(entry.service.lower(), set())
        return sorted((one, entry.operation) for one in services if (one, entry.operation) in self._names)

    def own_action(self, call: _Call) -> str | None:
        """Return the action that the operation's name alone tells."""
        return action_named(self._prefixes.of(*self._names[call]), call[1], self._canonical)


def _needs(operation: str, actions: set[str]) -> tuple[str, str, str] | None:
    """Return primary, conditional and one_of as text; nothing when no action can be told from the set.

    The action of the operation's own name is always asked for, the others depend on parameters. Without one
    of that name a single action is needed, and of several at least one; iam:PassRole is never all of it.
    """
    own = {action for action in actions if action.partition(":")[2].lower() == operation.lower()}
    passed = actions & {"iam:PassRole"} - own
    if len(own) == 1:
        return _text(own), _text(actions - own), ""
    rest = actions - passed
    if not rest:
        return None
    return (_text(rest), _text(passed), "") if len(rest) == 1 else ("", _text(passed), _text(rest))


def _text(actions: set[str]) -> str:
    return " ".join(sorted(actions))
