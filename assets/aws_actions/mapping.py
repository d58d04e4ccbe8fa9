"""The tables `aws_actions` and `iam_actions`: what an operation needs, what CloudTrail records."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from assets.aws_actions.event_mapping import EventMapping, MappedEvent
from assets.aws_actions.facts import SUFFIX, Facts, source_prefix
from assets.aws_actions.schema import AWS_ACTIONS, IAM_ACTIONS
from assets.aws_actions.service_prefixes import ServicePrefixes, suggested
from assets.aws_actions.trail_facts import CallsOnTrail
from assets.errors import InputError

__all__ = ["EventMapping", "MappedEvent", "build_aws_actions", "build_iam_actions", "needed_unseen"]


@dataclass(frozen=True)
class _Needs:
    """What the calls of one operation need, and the rule that told so."""

    rule: str
    primary: Iterable[str] = ()
    conditional: Iterable[str] = ()
    one_of: Iterable[str] = ()


def build_aws_actions(operations: pl.DataFrame, published: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return the table `aws_actions` (columns of `schema.AWS_ACTIONS`), a row per service and operation.

    `operations` is that of `botocore_models.operations`, `published` that of `catalogue.published_actions`
    (columns `action`, `access_level`). The rules, in this order: an event that needs no permission; a row of
    `operation_actions.csv`; the published action of the operation's own name below the event source's prefix
    (`exact`) or below another one of its service (`renamed_source`); else the name is only suggested
    (`unverified`). Sorted by service and operation.
    Raises InputError when a fact names an action that is not published.
    """
    canonical = {action.lower(): action for action in published["action"]}
    given = _given_needs(facts.operation_actions, canonical)
    dependents = _dependents(facts.dependent_actions, canonical)
    free, prefixes = facts.no_permission_index(), ServicePrefixes(facts.event_sources, canonical)
    trail = CallsOnTrail(facts, published)
    newest = operations.sort("service", "operation", "api_version").unique(
        ["service", "operation"], keep="last", maintain_order=True
    )
    rows = []
    for service, endpoint, signing, source, operation in newest.select(
        "service", "endpoint_prefix", "signing_name", "event_source", "operation"
    ).iter_rows():
        prefix, name = source_prefix(source), operation.lower()
        possible = prefixes.of(prefix, signing, endpoint)
        if free & {(prefix, name), (prefix, "*")}:
            needs = _Needs("no_permission")
        elif found := given.get((service, operation)):
            needs, prefix = found, _own_source(found, possible) or prefix
            source = prefix + SUFFIX
        else:
            needs = _by_name(operation, prefix, possible, canonical)
        rows.append(
            (
                *(
                    service,
                    endpoint,
                    source,
                    operation,
                    sorted(needs.primary),
                    _conditional(needs, dependents),
                ),
                *(sorted(needs.one_of), *trail.facts_on(prefix, operation, needs.primary), needs.rule),
            )
        )
    return pl.DataFrame(rows, schema=AWS_ACTIONS, orient="row").sort("service", "operation")


def build_iam_actions(aws_actions: pl.DataFrame, published: pl.DataFrame) -> pl.DataFrame:
    """Return the table `iam_actions` (columns of `schema.IAM_ACTIONS`), sorted by action.

    The published actions, and as `unverified` (without an access level) those that only an operation's name
    suggests. `recorded` is `management` when the action is primary to at least one operation and all those
    are management events, and so is each that may need it besides (`needed_unseen`): then its absence from
    the logs says that it was not used. It is `data` when one of them is a data event, else `never`.
    """
    kinds: dict[str, set[str]] = defaultdict(set)
    for actions, recorded in aws_actions.select("primary", "recorded").iter_rows():
        for action in actions:
            kinds[action].add(recorded)
    unrecorded = aws_actions.filter(pl.col("recorded") != "management")
    for *needs, recorded in unrecorded.select("primary", "conditional", "one_of", "recorded").iter_rows():
        for action in needed_unseen(*needs) & kinds.keys():
            kinds[action].add(recorded)
    suggested = aws_actions.filter(pl.col("rule") == "unverified")["primary"].explode().unique().to_list()
    known = {action.lower() for action in published["action"]}
    rows = [(action, level, False, _recorded(kinds[action])) for action, level in published.rows()]
    rows += [
        (action, "", True, _recorded(kinds[action])) for action in suggested if action.lower() not in known
    ]
    return pl.DataFrame(sorted(rows), schema=IAM_ACTIONS, orient="row")


def needed_unseen(primary: Iterable[str], conditional: Iterable[str], one_of: Iterable[str]) -> set[str]:
    """Return what a call may need besides its `primary` actions and only its own event could tell.

    These are the actions of its own service: a query of Timestream is asked for timestream:ListTables, an entity of
    TwinMaker with tags for iottwinmaker:TagResource. Those of other services it calls, and they are recorded there.
    """
    own = {action.partition(":")[0] for action in (*primary, *one_of)}
    return {action for action in (*conditional, *one_of) if action.partition(":")[0] in own}


def _recorded(kinds: set[str]) -> str:
    if kinds == {"management"}:
        return "management"
    return "data" if "data" in kinds else "never"


def _own_source(needs: _Needs, possible: list[str]) -> str | None:
    # S3 on Outposts, S3 Express and Object Lambda are called through the clients of S3, but CloudTrail
    # writes them under a source of their own, which bears the name of their IAM prefix.
    prefixes = {action.partition(":")[0] for action in (*needs.primary, *needs.one_of)}
    return prefixes.pop() if len(prefixes) == 1 and not prefixes & set(possible) else None


def _by_name(operation: str, source: str, prefixes: list[str], canonical: Mapping[str, str]) -> _Needs:
    for prefix in prefixes:
        if action := canonical.get(f"{prefix}:{operation}".lower()):
            return _Needs("exact" if prefix == source else "renamed_source", [action])
    return _Needs("unverified", [suggested(prefixes, operation)])


def _conditional(needs: _Needs, dependents: Mapping[str, set[str]]) -> list[str]:
    primary = set(needs.primary)
    also = {action for first in primary for action in dependents.get(first, ())}
    return sorted((also | set(needs.conditional)) - primary - set(needs.one_of))


def _given_needs(
    operation_actions: pl.DataFrame, canonical: Mapping[str, str]
) -> dict[tuple[str, str], _Needs]:
    needs = {}
    for service, operation, *lists in operation_actions.select(
        "service", "operation", "primary", "conditional", "one_of"
    ).iter_rows():
        groups = [
            [_published(action, f"{service},{operation}", canonical) for action in text.split()]
            for text in lists
        ]
        needs[service, operation] = _Needs("operation_actions", *groups)
    return needs


def _dependents(dependent_actions: pl.DataFrame, canonical: Mapping[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for action, dependent in dependent_actions.select("action", "dependent").iter_rows():
        # The facts are older than the catalogue: an action that has gone is not needed. What needs others may be an
        # operation without a published action, under the name that botocore suggests.
        if dependent.lower() in canonical:
            found[canonical.get(action.lower(), action)].add(canonical[dependent.lower()])
    return found


def _published(action: str, where: str, canonical: Mapping[str, str]) -> str:
    try:
        return canonical[action.lower()]
    except KeyError:
        raise InputError(
            f"operation_actions.csv: {where}: {action} is not a published IAM action; correct or remove it."
        ) from None
