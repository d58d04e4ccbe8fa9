"""The statements of a right-sized policy.

An action is kept when it was used, when nobody can know whether it was, or when the configuration says that it
stays. It keeps the resources and conditions of every statement that allowed it. Patterns that match no action that
is known stay word for word: AWS may have such actions, and IAM allows them by those patterns. The Denies of the
original stay word for word; boundaries and SCPs stay where they are, and limit the new policy as they did the old.
What looks like a policy variable keeps the version of its document, which says whether it is one.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.expanded_grants.attachments import Holdings
from assets.expanded_grants.patterns import PatternIndex
from assets.expanded_grants.statements import VARIABLES, Statement
from assets.right_sized_policies.wildcards import covered

CLASSES = {"used": "Used", "unknown": "Unknown", "excluded": "DecidedToStay"}
"""Why an action is kept, and how the Sid of its statement begins."""

Scope = tuple[tuple[str, ...], bool, str, str]
"""Resources, whether they are `NotResource`, the condition as JSON text, and the version that these are read by."""

Versioned = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Kept:
    """An action that stays; `why` is one of `CLASSES`."""

    action: str
    why: str


def kept(verdicts: Iterable[Mapping[str, Any]]) -> list[Kept]:
    """Choose what stays, of the `action`, `status` and `excluded` of rows of `principal_diffs`."""
    chosen = []
    for row in verdicts:
        if row["status"] in ("used", "unknown"):
            chosen.append(Kept(row["action"], row["status"]))
        elif row["status"] == "unused" and row["excluded"]:
            chosen.append(Kept(row["action"], "excluded"))
    return chosen


def right_sized(
    actions: Iterable[Kept], holdings: Holdings, index: PatternIndex, known: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Return the statements by version: Allows by why, service and scope of the original, then the original's Denies.

    `index` knows every action of `actions`; `known` is the catalogue in lower case, sorted, without those that only
    policies name: no wildcard stands for these. An action allowed everywhere is not said again
    for some resources.
    """
    why = {one.action: one.why for one in actions}
    wanted = index.bits(why)
    allows = [one for one in _statements(holdings) if one.allow]
    everywhere = 0
    for one in allows:
        if one.everywhere:
            everywhere |= _bits(one, index)
    groups: dict[tuple[str, Scope, str], list[str]] = {}
    said: set[tuple[Scope, str]] = set()
    for one in allows:
        scope = (("*",), False, "", VARIABLES) if one.everywhere else _scope(one)
        bits = _bits(one, index) & wanted & (-1 if one.everywhere else ~everywhere)
        found: dict[tuple[str, str], list[str]] = {}
        for action in index.names(bits):
            if (scope, action) not in said:
                said.add((scope, action))
                found.setdefault((why[action], action.partition(":")[0]), []).append(action)
        for (reason, _), mine in sorted(found.items()):
            patterns = covered(mine, known, one.patterns, negated=one.negated)
            groups.setdefault((reason, scope, mine[0].partition(":")[0]), []).extend(patterns)
    by_version: dict[str, list[dict[str, Any]]] = {}
    for version, statement in (*_allows(groups), *_unmatched(allows, index), *_denies(holdings)):
        by_version.setdefault(version, []).append(statement)
    return dict(sorted(by_version.items(), reverse=True))


def unmatched_patterns(holdings: Holdings, index: PatternIndex) -> list[str]:
    """Return the patterns of Allows that match no known action, sorted."""
    allows = (one for one in _statements(holdings) if one.allow)
    return sorted({pattern for one in allows for pattern in _without_match(one, index)})


def unread(actions: Iterable[Kept], holdings: Holdings, index: PatternIndex) -> list[str]:
    """Return the actions that no Allow which could be read allows, sorted: some other policy does."""
    allowed = 0
    for one in _statements(holdings):
        allowed |= _bits(one, index) if one.allow else 0
    return sorted(one.action for one in actions if not index.bits([one.action]) & allowed)


def _without_match(statement: Statement, index: PatternIndex) -> list[str]:
    if statement.negated:
        return []
    return [pattern for pattern in statement.patterns if not index.bits([pattern])]


def _unmatched(allows: Iterable[Statement], index: PatternIndex) -> Iterable[Versioned]:
    patterns: dict[Scope, set[str]] = {}
    for one in allows:
        found = _without_match(one, index)
        if found:
            patterns.setdefault(_scope(one), set()).update(found)
    for number, (scope, mine) in enumerate(sorted(patterns.items()), start=1):
        sid = f"UnknownNames{number}"
        yield scope[-1], {"Sid": sid, "Effect": "Allow", "Action": sorted(mine), **_scoped(scope)}


def _bits(statement: Statement, index: PatternIndex) -> int:
    bits = index.bits(statement.patterns)
    return index.everything & ~bits if statement.negated else bits


def _statements(holdings: Holdings) -> list[Statement]:
    return [one for carrier in holdings.identity for one in carrier.policy.statements]


def _allows(groups: Mapping[tuple[str, Scope, str], Sequence[str]]) -> Iterable[Versioned]:
    """Join the services that have the same scope in one statement."""
    joined: dict[tuple[str, Scope], list[str]] = {}
    for (reason, scope, _), patterns in sorted(
        groups.items(), key=lambda item: (list(CLASSES).index(item[0][0]), item[0])
    ):
        joined.setdefault((reason, scope), []).extend(patterns)
    numbers: dict[str, int] = {}
    for (reason, scope), patterns in joined.items():
        numbers[reason] = numbers.get(reason, 0) + 1
        sid = f"{CLASSES[reason]}{numbers[reason]}"
        yield scope[-1], {"Sid": sid, "Effect": "Allow", "Action": sorted(set(patterns)), **_scoped(scope)}


def _denies(holdings: Holdings) -> Iterable[Versioned]:
    seen = set()
    for one in _statements(holdings):
        scope = _scope(one)
        key = (one.patterns, one.negated, scope)
        if one.allow or key in seen:
            continue
        seen.add(key)
        name = "NotAction" if one.negated else "Action"
        sid = f"Deny{len(seen)}"
        yield scope[-1], {"Sid": sid, "Effect": "Deny", name: list(one.patterns), **_scoped(scope)}


def _scope(statement: Statement) -> Scope:
    resources, condition = statement.resources, statement.condition
    # Without a variable all versions say the same, and few documents are better than many.
    same = "${" not in condition and not any("${" in one for one in resources)
    return resources, statement.not_resources, condition, VARIABLES if same else statement.version


def _scoped(scope: Scope) -> dict[str, Any]:
    resources, not_resources, condition, _ = scope
    limits = {"NotResource" if not_resources else "Resource": list(resources)}
    return {**limits, **({"Condition": json.loads(condition)} if condition else {})}
