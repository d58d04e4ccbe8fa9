"""What a run has made, in plain lines."""

from collections.abc import Sequence
from typing import TextIO

import polars as pl

from assets.partitions import Partition
from assets.principal_diffs.coverage import DELIVERED, Window, covered_days
from pipeline.lake import Lake
from pipeline.settings import AccountSettings

_COUNTS = ("permission_events", "other_events", "duplicates", "rejected")


def print_summary(lake: Lake, accounts: Sequence[AccountSettings], window: Window) -> None:
    """Print what was read for each account, and where each record went; then where the tables lie."""
    for account in accounts:
        print("\n".join(_lines(lake, account, window)))
    if accounts:
        print(f"The tables lie below {lake.root}")


def print_scanned(scanned: int, dollars: float, stream: TextIO | None = None) -> None:
    """Print what Athena scanned, and about what that costs; nothing where it was not asked."""
    if scanned:
        print(f"Athena scanned {scanned:,} bytes, about ${dollars:.{2 if dollars >= 1 else 6}f}", file=stream)


def _lines(lake: Lake, account: AccountSettings, window: Window) -> list[str]:
    coverage = lake.scan("log_coverage", [Partition(day, account.id) for day in window.days])
    sums = (
        coverage.select(pl.col("files", "records", *_COUNTS, "unreadable_files").sum())
        .collect()
        .row(0, named=True)
    )
    days = coverage.filter(DELIVERED).select(pl.col("day").n_unique()).collect().item()
    verdicts = (
        lake.scan("principal_diffs", [Partition(window.end, account.id)])
        .group_by("status")
        .len()
        .sort("status")
        .collect()
        .rows()
    )
    lost = lake.scan("unmapped_events", [Partition(day, account.id) for day in window.days])
    unmapped = lost.select(pl.col("events").sum()).collect().item()
    counts = ", ".join(f"{sums[name]:,} {name.replace('_', ' ')}" for name in _COUNTS)
    whole = len(covered_days(coverage, window))
    complete = "" if whole == days else f", complete on {whole:,}"
    unreadable = f" ({sums['unreadable_files']:,} of them whole files)" if sums["unreadable_files"] else ""
    return [
        f"{account.name} ({account.id}), {window.start} to {window.end}: logs on {days:,} of {window.length:,} days"
        f"{complete}",
        f"  {sums['records']:,} records in {sums['files']:,} files: {counts}{unreadable}"
        f"{' (table rejected_records)' if sums['rejected'] else ''}",
        f"  {unmapped:,} of the permission events map to no IAM action (table unmapped_events)",
        f"  on {window.end}: {', '.join(f'{count:,} {status}' for status, count in verdicts) or 'no verdicts'}",
    ]
