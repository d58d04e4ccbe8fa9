"""What CloudTrail takes a call for: a management or data event, of which resource type, reading or writing."""

import re
from collections.abc import Iterable

import polars as pl

from assets.aws_actions.facts import Facts, recorded_as

# AWS does not publish the field `readOnly` of its events. Where the name's verb and the access level of all
# actions agree the answer is sure; elsewhere it is not: kms:Decrypt and sts:AssumeRole "write" and are logged
# as reading. (CloudTrail User Guide, Logging management events, "Read and write events".)
_READING = re.compile(r"(BatchGet|Describe|Get|List)(?=[A-Z]|$)")
_WRITING = re.compile(
    r"(Add|Associate|Attach|Create|Delete|Deregister|Detach|Disable|Disassociate|Enable|Modify|Put|Reboot|Register"
    r"|Remove|Run|Set|Start|Stop|Tag|Terminate|Untag|Update)(?=[A-Z]|$)"
)


class CallsOnTrail:
    """The facts and access levels, asked about one call after the other."""

    def __init__(self, facts: Facts, published: pl.DataFrame) -> None:
        """Take the fact files and the columns `action` and `access_level` of the published actions."""
        self._recorded = facts.data_event_index()
        self._types = facts.resource_type_index()
        self._levels = dict(published.select("action", "access_level").rows())

    def facts_on(self, prefix: str, operation: str, primary: Iterable[str]) -> tuple[str, list[str], str]:
        """Return the columns `recorded`, `resource_types` and `read_write` of the table `aws_actions`.

        `prefix` is that of the event source, `primary` the actions that every such call needs.
        """
        name = operation.lower()
        recorded = recorded_as(self._recorded, prefix, name) or "management"
        types = self._types.get((prefix, name), self._types.get((prefix, "*"), ""))
        return (
            recorded,
            sorted(types.split()),
            read_write(operation, {self._levels.get(action, "") for action in primary}),
        )


def read_write(operation: str, access_levels: set[str]) -> str:
    """Return `read` or `write` where the operation's name and the access levels of its actions agree, else ``."""
    if access_levels and _READING.match(operation) and access_levels <= {"List", "Read"}:
        return "read"
    if access_levels and _WRITING.match(operation) and not access_levels & {"", "List", "Read"}:
        return "write"
    return ""
