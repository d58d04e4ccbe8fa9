"""A row of `grant_sources` in words."""

import json
from typing import Any


def in_words(source: dict[str, Any]) -> str:
    """Say which policy, statement and pattern it is, and on what it holds."""
    kind = {"boundary": "permissions boundary ", "scp": "service control policy "}.get(source["used_as"], "")
    # An SCP from a file has a name and no ARN, and is nobody's inline policy.
    inline = "" if source["used_as"] == "scp" else "inline policy "
    policy = f"{kind}{source['policy_arn'] or inline + source['policy_name']}"
    through = f" through group {source['group']}" if source["group"] else ""
    if source["used_as"] == "scp":
        through = f" at {source['attached_to']}"
    sid = f" {source['sid']!r}" if source["sid"] else ""
    where = "" if source["resources"] == '["*"]' else f" on {_where(source)}"
    condition = f" if {source['condition']}" if source["condition"] else ""
    what = f"{source['effect']} {source['pattern_kind']} {source['pattern']}"
    return f"{policy}{through}, statement {source['statement']}{sid}: {what}{where}{condition}"


def _where(source: dict[str, Any]) -> str:
    resources = json.loads(source["resources"])
    shown = ", ".join(resources[:3]) + (f" and {len(resources) - 3} more" if len(resources) > 3 else "")
    return f"all but {shown}" if source["not_resources"] else shown
