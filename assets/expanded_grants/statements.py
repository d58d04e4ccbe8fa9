"""The statements of a policy document in one shape.

Grammar: IAM JSON policy reference. A `Statement` is an object or a list, `Action`, `NotAction`, `Resource`
and `NotResource` are a string or a list. What does not follow the grammar is reported, never skipped in silence.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

VARIABLES, NO_VARIABLES = "2012-10-17", "2008-10-17"
"""The versions of the policy language. Only the first knows policy variables, `${aws:username}` is text in the other.

A document without `Version` is of the other (IAM JSON policy reference, "Version").
"""


@dataclass(frozen=True)
class Statement:
    """One statement; `index` counts from 0, `condition` is JSON text ("" if none or empty).

    `negated` means that `patterns` come from `NotAction`, `not_resources` that `resources` are `NotResource`.
    `version` is `VARIABLES` or `NO_VARIABLES`, as the document's `Version` says.
    """

    index: int
    sid: str
    allow: bool
    patterns: tuple[str, ...]
    negated: bool
    resources: tuple[str, ...]
    not_resources: bool
    condition: str
    version: str

    @cached_property
    def everywhere(self) -> bool:
        """Whether it holds for all resources and under no condition; `NotResource` is never all resources."""
        return not self.condition and not self.not_resources and any(not r.strip("*") for r in self.resources)


class _StatementError(ValueError):
    pass


def read_statements(document: Mapping[str, Any]) -> tuple[tuple[Statement, ...], tuple[str, ...]]:
    """Return the statements that could be read, and a text for each one (or the document) that could not."""
    if "Statement" not in document:
        return (), ("the document has no Statement",)
    value = document["Statement"]
    entries = value if isinstance(value, list) else [value]
    version = VARIABLES if document.get("Version") == VARIABLES else NO_VARIABLES
    statements, problems = [], []
    for index, entry in enumerate(entries):
        try:
            statements.append(_statement(index, entry, version))
        except _StatementError as error:
            sid = entry.get("Sid") if isinstance(entry, Mapping) else None
            problems.append(f"statement {index}{f' ({sid})' if sid else ''}: {error}")
    return tuple(statements), tuple(problems)


def _statement(index: int, entry: object, version: str) -> Statement:
    if not isinstance(entry, Mapping):
        raise _StatementError(f"is {_short(entry)}, not an object")
    effect = entry.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise _StatementError(f"Effect is {_short(effect)}, not Allow or Deny" if effect else "has no Effect")
    condition = entry.get("Condition") or {}
    if not isinstance(condition, Mapping):
        raise _StatementError(f"Condition is {_short(condition)}, not an object")
    patterns, negated = _either(entry, "Action", "NotAction")
    resources, not_resources = _either(entry, "Resource", "NotResource")
    return Statement(
        index=index,
        sid=str(entry.get("Sid") or ""),
        allow=effect == "Allow",
        patterns=patterns,
        negated=negated,
        resources=resources,
        not_resources=not_resources,
        condition=json.dumps(condition, separators=(",", ":"), sort_keys=True) if condition else "",
        version=version,
    )


def _either(entry: Mapping[str, Any], name: str, not_name: str) -> tuple[tuple[str, ...], bool]:
    if name in entry and not_name in entry:
        raise _StatementError(f"has both {name} and {not_name}")
    if name not in entry and not_name not in entry:
        raise _StatementError(f"has neither {name} nor {not_name}")
    key = name if name in entry else not_name
    value = entry[key]
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise _StatementError(f"{key} is {_short(value)}, not a string or a list of strings")
    return tuple(dict.fromkeys(texts)), key == not_name


def _short(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
