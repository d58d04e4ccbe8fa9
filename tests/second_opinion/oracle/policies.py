"""Policy documents as IAM returns them: which statements they hold, and whether one of them cannot be read."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A statement: `everywhere` means on all resources and under no condition."""

    allow: bool
    patterns: tuple[str, ...]
    negated: bool
    everywhere: bool


def document_of(value: Any) -> Json | None:
    """Return a document, None where it is missing or is no JSON object.

    IAM API Reference, PolicyDetail: "URL-encoded JSON text"; the AWS CLI has decoded it. DESIGN 3, Grants: a document
    that is not there makes verdicts unknown, so it is never taken for an empty one.
    """
    if isinstance(value, str):
        text = value.strip()
        try:
            value = json.loads(text if text.startswith("{") else unquote(text))
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def default_document(policy: Json) -> Json | None:
    """Return the document of the default version (DESIGN 3, Grants), None where that version is not there."""
    for version in policy.get("PolicyVersionList") or []:
        if version.get("IsDefaultVersion") is True or version.get("VersionId") == policy.get(
            "DefaultVersionId"
        ):
            return document_of(version.get("Document"))
    return None


def rules_of(document: Json) -> tuple[list[Rule], bool]:
    """Return the statements that follow IAM's grammar, and whether there is one that does not.

    DESIGN 3, Grants: a `Statement` may be an object or a list, `Action`, `NotAction`, `Resource` a string or a list.
    Data dictionary, grant_problems: `invalid_statement`.
    """
    if "Statement" not in document:
        return [], True
    read = [_rule(statement) for statement in listed(document["Statement"])]
    return [rule for rule in read if rule is not None], None in read


def _rule(statement: Any) -> Rule | None:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        return None
    if ("Action" in statement) == ("NotAction" in statement):
        return None
    if ("Resource" in statement) == ("NotResource" in statement):
        return None
    condition = statement.get("Condition") or {}
    patterns = listed(statement.get("Action", statement.get("NotAction")))
    resources = listed(statement.get("Resource", statement.get("NotResource")))
    texts = [*patterns, *resources]
    if not isinstance(condition, dict) or not patterns or not resources:
        return None
    if not all(isinstance(text, str) and text for text in texts):
        return None
    return Rule(
        allow=statement["Effect"] == "Allow",
        patterns=tuple(patterns),
        negated="NotAction" in statement,
        # DESIGN 3, Grants: `NotResource` is never "all resources".
        everywhere=not condition and "Resource" in statement and "*" in resources,
    )


def listed(value: Any) -> list[Any]:
    """Return a value as a list."""
    return value if isinstance(value, list) else [value]
