"""Which days' grants follow from a day before that is made anew: `first_granted` is handed on from day to day."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from pipeline.lake import Lake


def grants_after(
    stale: Collection[date],
    wanted: Mapping[date, datetime],
    written: Mapping[date, datetime],
    made: Mapping[date, datetime],
    held: Mapping[date, datetime],
) -> set[date]:
    """Return the days whose `first_granted` no longer follows from the nearest earlier day that has grants.

    `stale` are the days that are made anyway, `wanted` says for them and the days that are asked about when the
    snapshot was taken that stands for each. `written`: when the grants of the others of these were written.
    `made`: when `expanded_grants` was written, by stored day, `held`: when that day's snapshot was taken.
    The days that are returned count as made anew for those after them, so that one run is enough.
    """
    found: set[date] = set()
    before: date | None = None
    seen: set[datetime] = set()
    for day in sorted({*made, *wanted}):
        snapshot = wanted.get(day, held.get(day))
        if snapshot is not None:
            seen.add(snapshot)
        # Of one snapshot, with none before it, nobody saw anything missing: it is null whatever was made when.
        if day in written and day not in stale and before is not None and len(seen) > 1:
            again = before in stale or before in found
            if again or made[before] > written[day]:
                found.add(day)
        before = day
    return found


def grants_made(
    lake: Lake, account: str, known: Mapping[date, datetime | None], last: date
) -> dict[date, datetime]:
    """Return when `expanded_grants` was written, by stored day of the account up to the last, in order.

    `known`: those that were looked up already, None where the day's grants are not all there.
    """
    days = [one for one in lake.partitions("expanded_grants", account) if one.day <= last]
    times = {
        one.day: known[one.day] if one.day in known else lake.written_at("expanded_grants", one)
        for one in days
    }
    return {day: time for day, time in times.items() if time is not None}
