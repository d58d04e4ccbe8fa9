"""What trails that were read day by day recorded for sure over a window.

An absence proves something only where the trails recorded the call on every day of the window:
- management events: what every reading in the window agrees on. Days between readings are taken to be like the
  readings, as without any reading all management events are taken to be recorded.
- data events: what every day's reading agrees on, and only where no day of the window lacks one: data events are
  not recorded unless somebody says so.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

import polars as pl

from assets.principal_diffs.coverage import Window
from assets.principal_diffs.event_selectors import selectors_of
from assets.principal_diffs.trails import Selector, Trail

_DEFAULT = (Selector(None),)


@dataclass(frozen=True)
class Reading:
    """What the trails of an account recorded for sure on a day that they were read on."""

    day: date
    selectors: tuple[Selector, ...]


def readings(rows: pl.DataFrame) -> tuple[Reading, ...]:
    """Return the readings of one account, by day: `rows` are those of `trail_settings` with `day`."""
    found: dict[date, list[Selector]] = {}
    for row in rows.sort("day", "trail_arn").to_dicts():
        found.setdefault(row["day"], []).extend(_recorded(row))
    return tuple(Reading(day, tuple(dict.fromkeys(selectors))) for day, selectors in found.items())


def recorded_over(found: Sequence[Reading], window: Window) -> tuple[Trail, ...]:
    """Return one trail that stands for all readings of the window; none where it has none."""
    inside = [reading for reading in found if window.start <= reading.day <= window.end]
    if not inside:
        return ()
    distinct = list(dict.fromkeys(reading.selectors for reading in inside))
    agreed = _agreed(distinct)
    whole = len({reading.day for reading in inside}) == window.length
    return (Trail(tuple(one for one in agreed if whole or one.resource_type is None)),)


def _recorded(row: dict[str, Any]) -> Iterable[Selector]:
    """Yield what one trail records for sure: of data events only what it records in every region."""
    if row["logging"] is False:
        return
    # A trail that nobody may look into is taken for one as AWS makes them: all management events, no data events.
    found = _DEFAULT if row["selectors"] is None else selectors_of(json.loads(row["selectors"]))
    for selector in found:
        if selector.resource_type is None or (row["multi_region"] and row["logging"]):
            yield selector


def _agreed(readings: Sequence[tuple[Selector, ...]]) -> tuple[Selector, ...]:
    agreed = readings[0]
    for other in readings[1:]:
        pairs = (_both(one, two) for one, two in product(agreed, other))
        agreed = tuple(dict.fromkeys(pair for pair in pairs if pair is not None))
    return agreed


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
