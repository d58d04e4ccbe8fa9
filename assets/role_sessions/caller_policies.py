"""Whether the policies of a caller let it assume a role, or keep it from doing so.

Source: IAM User Guide, "Policy evaluation logic" and "Permissions boundaries for IAM entities" (an explicit Deny wins
over every Allow; SCPs bind whatever grants; what the boundary leaves out is kept from a role, and not from a user, to
whom a resource's policy grants it).
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from assets.expanded_grants.limits import Limits


def granted_on(
    role_arn: str, allowing: Iterable[Mapping[str, Any]], limiting: Iterable[Mapping[str, Any]]
) -> str:
    """Say whether a grant on sts:AssumeRole reaches the role: `yes`, `conditional` or `no`.

    `allowing`, `limiting`: rows of `grant_sources` (`effect`, `used_as`, `condition`, `resources`,
    `not_resources`) that a row of `expanded_grants` names in `granted_by` and `restricted_by`.
    """
    reach = [
        bool(source["condition"]) or how == "conditional"
        for source in allowing
        if (how := reaches(source, role_arn)) != "no"
    ]
    if not reach:
        return "no"
    granted = "conditional" if all(reach) else "yes"
    bounds: dict[str, list[str]] = {}
    for source in limiting:
        how = reaches(source, role_arn)
        if source["effect"] == "Deny":
            if how == "yes" and not source["condition"]:
                return "no"
            granted = granted if how == "no" else "conditional"
        else:
            bounds.setdefault(source["used_as"], []).append("conditional" if source["condition"] else how)
    for limits in bounds.values():
        granted = granted if "yes" in limits else "conditional"
    return granted


def denied_on(role_arn: str, kind: str, limits: Limits) -> str:
    """Say whether a caller's policies take away what a trust policy that names it grants: `yes`, `conditional`, `no`.

    `kind` is the caller's, `user` or `role`. An explicit Deny takes it away, and so does a level of SCPs without an
    Allow that reaches the role. What a permissions boundary leaves out is kept from roles only; it counts as
    `conditional`, since a trust policy may be an exception.
    """
    limited = False
    for source in limits.denies:
        how = reaches(source, role_arn)
        if how == "yes" and not source["condition"]:
            return "yes"
        limited = limited or how != "no"
    for level in limits.levels:
        how = _allowed(level, role_arn)
        if how == "no":
            return "yes"
        limited = limited or how == "conditional"
    if kind == "role" and limits.boundary is not None:
        limited = limited or _allowed(limits.boundary, role_arn) != "yes"
    return "conditional" if limited else "no"


def _allowed(allows: Iterable[Mapping[str, Any]], role_arn: str) -> str:
    found = [
        "conditional" if source["condition"] and how == "yes" else how
        for source in allows
        if (how := reaches(source, role_arn)) != "no"
    ]
    return "yes" if "yes" in found else "conditional" if found else "no"


def reaches(source: Mapping[str, Any], role_arn: str) -> str:
    """Say whether the resources of a row of `grant_sources` are the role: `yes`, `conditional` or `no`."""
    found = "no"
    resources = source["resources"]
    for pattern in json.loads(resources) if isinstance(resources, str) else resources:
        if "${" in pattern:
            # A policy variable: what it stands for is known only when the call is made.
            found = "conditional" if found == "no" else found
        elif matches(pattern, role_arn):
            found = "yes"
    if source["not_resources"]:
        return {"yes": "no", "no": "yes"}.get(found, found)
    return found


def matches(pattern: str, text: str) -> bool:
    """Say whether a pattern of a policy (`*` any characters, `?` one) means the text; case matters here."""
    parts = ("".join("." if char == "?" else re.escape(char) for char in part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None
