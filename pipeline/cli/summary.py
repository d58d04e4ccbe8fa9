"""What a run has made, in plain lines."""

from collections.abc import Sequence
from datetime import date
from typing import TextIO

import polars as pl

from assets.number_words import number_of
from assets.partitions import Partition
from assets.principal_diffs.coverage import DELIVERED, Window, covered_days
from pipeline.lake import Lake
from pipeline.settings import AccountSettings

_COUNTED = {"permission_events": "permission event", "other_events": "other event", "duplicates": "duplicate"}


def print_summary(lake: Lake, accounts: Sequence[AccountSettings], window: Window) -> None:
    """Print what was read for each account, and where each record went; then where the tables lie."""
    for account in accounts:
        print("\n".join(_lines(lake, account, window)))
    if accounts:
        print(f"The tables lie below {lake.root}")


def print_scanned(scanned: int, dollars: float, stream: TextIO | None = None) -> None:
    """Print what Athena scanned, and about what that costs; nothing where it was not asked."""
    if scanned:
        print(
            f"Athena scanned {number_of(scanned, 'byte')}, about ${dollars:.{2 if dollars >= 1 else 6}f}",
            file=stream,
        )


def _lines(lake: Lake, account: AccountSettings, window: Window) -> list[str]:
    coverage = lake.scan("log_coverage", [Partition(day, account.id) for day in window.days])
    sums = (
        coverage.select(pl.col("files", "records", *_COUNTED, "rejected", "unreadable_files").sum())
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
    counts = ", ".join(
        [*(number_of(sums[name], noun) for name, noun in _COUNTED.items()), f"{sums['rejected']:,} rejected"]
    )
    whole_files = "a whole file" if sums["unreadable_files"] == 1 else "whole files"
    whole = len(covered_days(coverage, window))
    complete = "" if whole == days else f", complete on {whole:,}"
    unreadable = f" ({sums['unreadable_files']:,} of them {whole_files})" if sums["unreadable_files"] else ""
    return [
        f"{account.name} ({account.id}), {window.start} to {window.end}:"
        f" logs on {days:,} of {number_of(window.length, 'day')}{complete}",
        f"  {number_of(sums['records'], 'record')} in {number_of(sums['files'], 'file')}: {counts}{unreadable}"
        f"{' (table rejected_records)' if sums['rejected'] else ''}",
        f"  {unmapped:,} of the permission events {'maps' if unmapped == 1 else 'map'} to no IAM action"
        " (table unmapped_events)",
        f"  on {window.end}: {', '.join(f'{count:,} {status}' for status, count in verdicts) or 'no verdicts'}"
        f"{_of_fewer_days(lake, account, window.end)}",
    ]


def _of_fewer_days(lake: Lake, account: AccountSettings, day: date) -> str:
    """Say of a day's verdicts where the logs of their window are not all complete, or not read yet: else nothing.

    The window reaches back further than the days that were asked for: a run makes these alone.
    """
    days = lake.scan("principal_diffs", [Partition(day, account.id)]).select(pl.col("window_days").max())
    length = days.collect().item()
    if length is None:
        return ""
    asked = Window.ending(day, length)
    coverage = lake.scan("log_coverage", [Partition(one, account.id) for one in asked.days])
    whole = len(covered_days(coverage, asked))
    if whole == length:
        return ""
    return f", with complete logs for {whole:,} of the {number_of(length, 'day')} from {asked.start} on"
