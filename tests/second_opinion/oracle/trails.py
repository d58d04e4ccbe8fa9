"""What the absence of an action from the logs proves: README, The configuration, `trails`; DESIGN 3, Verdicts."""

from datetime import date
from itertools import product
from typing import Any

Row = dict[str, Any]

# DESIGN 3, Verdicts: where the configuration tells no trails, all management events are recorded, and of data events
# nobody knows (README, The configuration: "without it: all management events, data events not known").
_UNTOLD: Row = {"management": "all"}


def recorded_actions(operations: list[Row], trails: list[Row], days: list[date]) -> dict[str, str]:
    """Return how each action that some call needs is recorded over those days.

    `management`: every call that needs it is recorded for sure, and so is every one that may need it and is told by
    nothing but its own event; else why not: `data`, `never` or `excluded` (closed sets, principal_diffs.reason). An
    action that is not in the answer is primary to no call.
    """
    kinds: dict[str, set[str]] = {}
    maybe: dict[str, set[str]] = {}
    for call in operations:
        kind = _kind(call, trails, days)
        for action in call["primary"]:
            kinds.setdefault(action, set()).add(kind)
        for action in _needed_besides(call):
            maybe.setdefault(action, set()).add(kind)
    answer = {}
    for action, some in kinds.items():
        both = some | maybe.get(action, set())
        # README, Reasons: data events that nobody knows of come before what is recorded never, or left out by a trail.
        answer[action] = next(kind for kind in ("data", "never", "excluded", "management") if kind in both)
    return answer


def _needed_besides(call: Row) -> set[str]:
    """Return what a call may have needed and only its own event could tell: other actions of its own service.

    Those of other services are calls of their own, and recorded there. tests/cases/verdicts/verdicts.json: "what an
    unrecorded call of the service may have needed"; trails.json: "a refused data call, management events left out".
    An `unused` must not stand on logs that leave such a call out: DESIGN 3, Verdicts, "a record that would have shown
    the use".
    """
    own = {action.partition(":")[0] for action in [*call["primary"], *call["one_of"]]}
    return {action for action in [*call["conditional"], *call["one_of"]] if action.partition(":")[0] in own}


def _kind(call: Row, trails: list[Row], days: list[date]) -> str:
    if _is_recorded(call, trails, days):
        return "management"
    return "excluded" if call["recorded"] == "management" else str(call["recorded"])


def _is_recorded(call: Row, trails: list[Row], days: list[date]) -> bool:
    """Whether on each day every event of the call is recorded by some trail, whatever CloudTrail takes it for."""
    if call["recorded"] == "never" or (call["recorded"] == "data" and not call["resource_types"]):
        # aws_actions.resource_types: empty where no setting is sure to record every such call.
        return False
    types = call["resource_types"] if call["recorded"] == "data" else [None]
    # aws_actions.read_write: empty where nobody is sure.
    ways = [call["read_write"]] if call["read_write"] else ["read", "write"]
    sources = {call["event_source"], f"{call['endpoint_prefix'].lower()}.amazonaws.com"}
    for held in {tuple(map(id, _in_force(trails, day))): _in_force(trails, day) for day in days}.values():
        for kind, way in product(types, ways):
            if not any(_records(trail, kind, way, sources) for trail in held):
                return False
    return True


def _in_force(trails: list[Row], day: date) -> list[Row]:
    """`since` is the first day on which it was so; before any, nothing is told."""
    return [one for one in trails if one.get("since") is None or one["since"] <= day] or [_UNTOLD]


def _records(trail: Row, resource_type: str | None, way: str, sources: set[str]) -> bool:
    if resource_type is None:
        # An event may be written under either source: a trail that leaves out one of them may leave out the event.
        without = {_source(text) for text in trail.get("exclude_sources", [])}
        return trail.get("management", "all") in ("all", way) and not sources & without
    return any(
        data["type"] == resource_type and data.get("resources", "all") == "all" and data.get(way, True)
        for data in trail.get("data_events", [])
    )


def _source(text: str) -> str:
    return text.lower() if "." in text else f"{text.lower()}.amazonaws.com"
