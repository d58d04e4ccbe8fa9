"""Days whose logs could not all be had: which of them another attempt may complete."""

from datetime import date, timedelta

import polars as pl

from assets.cloudtrail_usage.rejections import Reason
from assets.cloudtrail_usage.sources.source import LogSource
from assets.partitions import Partition
from pipeline.lake import Lake


def days_to_fetch_again(
    lake: Lake, logs: LogSource, account: str, coverage: pl.DataFrame, late_days: int
) -> set[date]:
    """Return the days for which something was not fetched, those left out that are still refused.

    `coverage` are the stored rows of `log_coverage` of the days in question: `day`, `not_fetched`, `late_from`.

    What is refused (`access_denied`) is tried first, one file of a region: reading months anew for every answer,
    only to be refused again, would help nobody.
    """
    missing = coverage.filter(pl.col("not_fetched") > 0).group_by("day").agg(pl.col("not_fetched").sum())
    wanted = dict(missing.sort("day").rows())
    if not wanted:
        return set()
    waits = [timedelta(days=n) for n in range(late_days + 1)]
    read = {day: {day + wait for wait in waits} for day in wanted}
    for day, late in coverage.filter(pl.col("day").is_in(list(read))).select("day", "late_from").iter_rows():
        read[day].update(late)
    deliveries = sorted(set().union(*read.values()))
    refused = (
        lake.scan("rejected_records", [Partition(day, account) for day in deliveries])
        .filter(pl.col("reason") == Reason.ACCESS_DENIED)
        .select("day", "region", "file")
        .sort("day", "region", "file")
        .collect()
    )
    still = {
        region: logs.refuses(file)
        for region, file in refused.group_by("region", maintain_order=True)
        .first()
        .select("region", "file")
        .rows()
    }
    shut = dict.fromkeys(deliveries, 0)
    for delivery, region, _ in refused.rows():
        shut[delivery] += still[region]
    return {day for day, count in wanted.items() if count > sum(shut[one] for one in read[day])}
