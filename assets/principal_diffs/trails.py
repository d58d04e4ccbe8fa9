"""What the trails of an account record for sure, and so what the absence of an action from the logs proves.

Source of the rules: AWS CloudTrail User Guide, "Logging management events" and "Logging data events", and the API
reference of GetEventSelectors. A trail records an event that any of its selectors matches, and an event is in the
logs when any trail records it. What a selector may leave out (single resources, single event names) it does not
record for sure: then nothing is called unused on its word.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

import polars as pl

from assets.aws_actions.facts import SUFFIX
from assets.aws_actions.mapping import needed_unseen
from assets.principal_diffs.coverage import Window


@dataclass(frozen=True)
class Selector:
    """Events that a trail records for sure: all of a category that the other fields leave in.

    `resource_type` is None for management events, else the `resources.type` of data events. `only_sources` are
    event sources (`kms.amazonaws.com`), None for all; `without_sources` and `without_names` are left out.
    """

    resource_type: str | None
    read: bool = True
    write: bool = True
    only_sources: frozenset[str] | None = None
    without_sources: frozenset[str] = frozenset()
    without_names: frozenset[str] = frozenset()

    def records(self, call: "Call", resource_type: str | None, *, reading: bool) -> bool:
        """Whether every event of that call is recorded, taken for one of that type, reading or writing."""
        return (
            self.resource_type == resource_type
            and (self.read if reading else self.write)
            and (self.only_sources is None or call.sources <= self.only_sources)
            and not call.sources & self.without_sources
            # An event's name may bear an API version behind the operation's: ListFunctions20150331.
            and not any(name.lower().startswith(call.operation.lower()) for name in self.without_names)
        )


UNTOLD = (Selector(None),)
"""What is taken for recorded where nobody says what is: all management events, no data events."""


@dataclass(frozen=True)
class Trail:
    """One trail's selectors. `since` is the first day on which they held; None where they always did."""

    selectors: tuple[Selector, ...]
    since: date | None = None


@dataclass(frozen=True)
class Call:
    """An API operation as the trails see it: the rows of `aws_actions` with the columns of the same names.

    `sources` are the event sources that it may be written under, `read_write` is empty where nobody is sure.
    """

    operation: str
    sources: frozenset[str]
    recorded: str
    resource_types: tuple[str, ...]
    read_write: str


def in_force(trails: Sequence[Trail], window: Window) -> tuple[Trail, ...]:
    """Return the trails that hold on every day of the window.

    Where some begin within it, one that stands for all: it records what the trails of each part of the window do, and
    where there are none yet, what is `UNTOLD`.
    """
    begins = {trail.since for trail in trails if trail.since is not None and trail.since <= window.end}
    parts = [window.start, *sorted(day for day in begins if day > window.start)]
    held = [
        tuple(trail for trail in trails if trail.since is None or trail.since <= first) for first in parts
    ]
    if len(held) == 1:
        return held[0]
    recorded = [tuple(one for trail in some for one in trail.selectors) if some else UNTOLD for some in held]
    return (Trail(agreed(recorded)),)


def agreed(recorded: Sequence[tuple[Selector, ...]]) -> tuple[Selector, ...]:
    """Return what each of several lists of selectors records."""
    common = recorded[0]
    for other in recorded[1:]:
        pairs = (_both(one, two) for one, two in product(common, other))
        common = tuple(dict.fromkeys(pair for pair in pairs if pair is not None))
    return common


def _both(one: Selector, two: Selector) -> Selector | None:
    """Return what both record, None where that is nothing."""
    read, write = one.read and two.read, one.write and two.write
    if one.resource_type != two.resource_type or not (read or write):
        return None
    only = [selector.only_sources for selector in (one, two) if selector.only_sources is not None]
    return Selector(
        one.resource_type,
        read,
        write,
        only_sources=frozenset.intersection(*only) if only else None,
        without_sources=one.without_sources | two.without_sources,
        without_names=one.without_names | two.without_names,
    )


def is_recorded(call: Call, trails: Iterable[Trail]) -> bool:
    """Whether every event of the call is recorded by some trail, whatever it is taken for."""
    if call.recorded == "never" or (call.recorded == "data" and not call.resource_types):
        return False
    types: Sequence[str | None] = call.resource_types if call.recorded == "data" else (None,)
    ways = {"read": (True,), "write": (False,)}.get(call.read_write, (True, False))
    selectors = [selector for trail in trails for selector in trail.selectors]
    return all(
        any(selector.records(call, kind, reading=reading) for selector in selectors)
        for kind in types
        for reading in ways
    )


def with_trails(
    iam_actions: pl.DataFrame, aws_actions: pl.DataFrame, trails: Sequence[Trail]
) -> pl.DataFrame:
    """Return `iam_actions` with the column `recorded` as those trails make it.

    `management` where every call that needs the action is recorded for sure, of data events too, and every call that
    may need it unseen (`needed_unseen`); `excluded` where the trails leave management events out; else `data` or
    `never`, as it was. Without trails it stays as it is: management events are recorded by default, data events are
    not.
    """
    if not trails:
        return iam_actions
    kinds: dict[str, set[str]] = defaultdict(set)
    unseen: dict[str, set[str]] = defaultdict(set)
    for call, primary, besides in _calls(aws_actions):
        kind = "management" if is_recorded(call, trails) else _unrecorded(call.recorded)
        for action in primary:
            kinds[action].add(kind)
        for action in besides if kind != "management" else ():
            unseen[action].add(kind)
    for action in kinds.keys() & unseen.keys():
        kinds[action] |= unseen[action]
    recorded = [
        next((kind for kind in ("data", "never", "excluded", "management") if kind in kinds[action]), "never")
        for action in iam_actions["action"]
    ]
    return iam_actions.with_columns(recorded=pl.Series(recorded, dtype=pl.String))


def _unrecorded(kind: str) -> str:
    return "excluded" if kind == "management" else kind


def _calls(aws_actions: pl.DataFrame) -> Iterable[tuple[Call, list[str], set[str]]]:
    """Yield each call, the actions that it always needs, and those that it may need and nothing else would show."""
    columns = ("operation", "event_source", "endpoint_prefix", "recorded", "resource_types", "read_write")
    for operation, source, endpoint, recorded, types, read_write, primary, *others in aws_actions.select(
        *columns, "primary", "conditional", "one_of"
    ).iter_rows():
        sources = frozenset((source, endpoint.lower() + SUFFIX))
        call = Call(operation, sources, recorded, tuple(types), read_write)
        yield call, primary, needed_unseen(primary, *others)
