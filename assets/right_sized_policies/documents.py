"""Policy documents within IAM's limits.

A managed policy holds 6,144 characters, white space not counted (IAM user guide, "IAM and AWS STS quotas"); a user
or role carries 10 managed policies, 20 at most when the quota is raised.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assets.expanded_grants.statements import VARIABLES

MOST_CHARACTERS = 6144
MOST_POLICIES = 10
_LISTS = ("Action", "Resource")


def documents(statements: Iterable[Mapping[str, Any]], version: str = VARIABLES) -> list[dict[str, Any]]:
    """Fill documents of that version with the statements, in order; one that fits into none is cut into several.

    Allows and Denies of different documents hold together: IAM joins all policies of a principal. A statement
    that cannot be cut (a long `NotResource`, `NotAction` or `Condition`) stands alone, too long as it may be.
    """
    filled: list[list[dict[str, Any]]] = []
    for statement in statements:
        for part in _fitting(dict(statement)):
            # With what is added to their Sids.
            if filled and size(_document(_numbered([*filled[-1], part]))) <= MOST_CHARACTERS:
                filled[-1].append(part)
            else:
                filled.append([part])
    return [_document(_numbered(parts), version) for parts in filled]


def size(document: Mapping[str, Any]) -> int:
    """Return how many characters IAM counts: all but white space."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return sum(not character.isspace() for character in text)


def _fitting(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    # Twenty characters are kept for what `_numbered` adds to a Sid.
    if size(_document([statement])) <= MOST_CHARACTERS - 20:
        yield statement
        return
    lengths = {name: len(statement.get(name, ())) for name in _LISTS}
    name = max(lengths, key=lambda one: (lengths[one] > 1, len(json.dumps(statement.get(one, "")))))
    if lengths[name] < 2:
        yield statement
        return
    middle = lengths[name] // 2
    for half in (statement[name][:middle], statement[name][middle:]):
        yield from _fitting({**statement, name: half})


def _numbered(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # A Sid stands once in a document.
    seen: dict[str, int] = {}
    numbered = []
    for part in parts:
        seen[part["Sid"]] = seen.get(part["Sid"], 0) + 1
        again = seen[part["Sid"]]
        numbered.append({**part, "Sid": part["Sid"] if again == 1 else f"{part['Sid']}Part{again}"})
    return numbered


def _document(statements: list[dict[str, Any]], version: str = VARIABLES) -> dict[str, Any]:
    # All versions are equally long.
    return {"Version": version, "Statement": statements}
