"""What trails that were read day by day recorded for sure over a window.

An absence proves something only where trails whose files are the ones that are read recorded the call, in every region,
on every day of the window:
- management events: what every reading in the window agrees on. Days between readings are taken to be like the
  readings, as without any reading all management events are taken to be recorded.
- data events: what every day's reading agrees on, and only where no day of the window lacks one: data events are
  not recorded unless somebody says so.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from assets.principal_diffs.coverage import Window
from assets.principal_diffs.event_selectors import selectors_of
from assets.principal_diffs.trails import UNTOLD, Selector, Trail, agreed

_Place = tuple[str | None, str, bool]


@dataclass(frozen=True)
class LogPlace:
    """Where the logs are read: the place that holds `AWSLogs/`, and whether those of an organisation's trail are.

    Of a copy on disk, or of a bucket that no trail delivers to, nobody knows which trails wrote it (`bucket` None).
    """

    bucket: str | None = None
    prefix: str = ""
    organization: bool = False


@dataclass(frozen=True)
class Reading:
    """What the trails of an account recorded for sure on a day that they were read on."""

    day: date
    selectors: tuple[Selector, ...]


def readings(rows: pl.DataFrame, place: LogPlace) -> tuple[Reading, ...]:
    """Return the readings of one account, by day: `rows` are those of `trail_settings` with `day`."""
    found: dict[date, list[dict[str, Any]]] = {}
    for row in rows.sort("day", "trail_arn").to_dicts():
        found.setdefault(row["day"], []).append(row)
    return tuple(Reading(day, _recorded_at(place, trails)) for day, trails in found.items())


def recorded_over(found: Sequence[Reading], window: Window) -> tuple[Trail, ...]:
    """Return one trail that stands for all readings of the window; none where it has none."""
    inside = [reading for reading in found if window.start <= reading.day <= window.end]
    if not inside:
        return ()
    distinct = list(dict.fromkeys(reading.selectors for reading in inside))
    common = agreed(distinct)
    whole = len({reading.day for reading in inside}) == window.length
    return (Trail(tuple(one for one in common if whole or one.resource_type is None)),)


def _recorded_at(place: LogPlace, trails: Iterable[dict[str, Any]]) -> tuple[Selector, ...]:
    """Return what lies at a place for sure: what the trails that deliver to it record together.

    Where it is not known which trails do, what lies at each of the places that trails deliver to.
    """
    by_place: dict[_Place, list[Selector]] = {}
    for row in trails:
        if row["logging"] is not False:
            where = (row["bucket"], row["prefix"] or "", row["organization"])
            by_place.setdefault(where, []).extend(_recorded(row))
    named = by_place.get((place.bucket, place.prefix, place.organization)) if place.bucket else None
    if named is not None:
        return tuple(dict.fromkeys(named))
    alike = [one for where, one in by_place.items() if where[2] == place.organization]
    possible = alike or list(by_place.values())
    return agreed([tuple(dict.fromkeys(one)) for one in possible]) if possible else ()


def _recorded(row: dict[str, Any]) -> Iterable[Selector]:
    """Yield what one trail that is not known to have stopped records for sure, in every region."""
    if not row["multi_region"]:
        return
    # A trail that nobody may look into is taken for one as AWS makes them: all management events, no data events.
    found = UNTOLD if row["selectors"] is None else selectors_of(json.loads(row["selectors"]))
    for selector in found:
        if selector.resource_type is None or (row["logging"] and row["bucket"]):
            yield selector
