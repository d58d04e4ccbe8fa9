"""What is remembered of the delivery days that were read: counts and rejections, no events."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from assets.cloudtrail_usage.batches import Plan
from assets.cloudtrail_usage.event_time import day_number, day_of
from assets.cloudtrail_usage.rejections import NOT_FETCHED, WHOLE_FILE, Rejection
from assets.cloudtrail_usage.scan import BatchResult, RegionDay
from assets.cloudtrail_usage.schema import LOG_COVERAGE, REJECTED_RECORDS


@dataclass
class Delivery:
    """What the batches of one delivery day held together."""

    files: Counter[int] = field(default_factory=Counter)
    bytes: Counter[int] = field(default_factory=Counter)
    held: Counter[RegionDay] = field(default_factory=Counter)
    late: set[RegionDay] = field(default_factory=set)
    rejected: list[Rejection] = field(default_factory=list)

    def add(self, result: BatchResult) -> None:
        """Add a batch."""
        self.files.update(result.files)
        self.bytes.update(result.bytes)
        self.held.update(result.held)
        self.late |= result.late
        self.rejected.extend(result.rejected)


@dataclass(frozen=True)
class Clock:
    """When the logs are read, and how many hours after its end a day's deliveries may take."""

    now: datetime
    late_hours: int

    def provisional(self, day: date) -> bool:
        """Say whether it is too early to call the day read."""
        end = datetime.combine(day + timedelta(days=1), time(), UTC)
        return self.now < end + timedelta(hours=self.late_hours)


def rejected_frame(rejected: Iterable[Rejection]) -> pl.DataFrame:
    """Return the rows of `rejected_records`, sorted."""
    # A file's name on a disk may be bytes that are no text.
    rows = [row._replace(file=row.file.encode(errors="replace").decode()) for row in sorted(rejected)]
    return pl.DataFrame(rows, schema=REJECTED_RECORDS, orient="row")


def coverage_frame(
    day: date,
    plan: Plan,
    deliveries: dict[date, Delivery],
    regions: tuple[str, ...],
    counts: pl.DataFrame,
    clock: Clock,
) -> pl.DataFrame:
    """Return the rows of `log_coverage` of a day, one per region, from the deliveries that it was made of.

    `counts` is that of `merge_day`. A region is complete when it has files, nothing was rejected in its
    deliveries in which the day's events should be or were found, and the day is not provisional.
    """
    usual = [deliveries[delivery] for delivery in plan.usual(day)]
    extra = [deliveries[delivery] for delivery in plan.extra(day)]
    counted = {row["region"]: row for row in counts.iter_rows(named=True)}
    provisional = clock.provisional(day)
    own = usual[0]
    # Where an event of the day was found late, another may be in what cannot be read.
    rejections = [rejection for delivery in (*usual, *extra) for rejection in delivery.rejected]
    rejected_in = Counter(rejection.region for rejection in rejections)
    not_fetched = Counter(rejection.region for rejection in rejections if rejection.reason in NOT_FETCHED)
    rows = []
    for index, region in enumerate(regions):
        at = RegionDay(index, day_number(day))
        rejected = [rejection for rejection in own.rejected if rejection.region == region]
        unreadable = sum(rejection.position == WHOLE_FILE for rejection in rejected)
        events = counted.get(index, {"permission_events": 0, "other_events": 0, "duplicates": 0})
        files = own.files[index] + sum(delivery.held[at] for delivery in (*usual[1:], *extra))
        kinds = (events["permission_events"], events["other_events"], events["duplicates"])
        rows.append(
            {
                "region": region,
                "files": files,
                "bytes": own.bytes[index],
                "records": sum(kinds) + len(rejected) - unreadable,
                "permission_events": kinds[0],
                "other_events": kinds[1],
                "duplicates": kinds[2],
                "rejected": len(rejected),
                "unreadable_files": unreadable,
                "not_fetched": not_fetched[region],
                "doubtful": rejected_in[region],
                "late_for": sorted(day_of(late.day) for late in own.late if late.region == index),
                "late_from": sorted(set(plan.late_from.get(day, ()))),
                "provisional": provisional,
                "complete": files > 0 and not rejected_in[region] and not provisional,
            }
        )
    return pl.DataFrame(rows, schema=LOG_COVERAGE)
