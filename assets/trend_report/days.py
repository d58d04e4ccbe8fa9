"""The reports of days: which rows of the tables each one is made from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assets.partitions import Partition
from assets.trend_report.inputs import AccountDay, ReportOptions, ReportTables, account_day
from assets.trend_report.page import page
from assets.trend_report.rows_csv import write_csv


@dataclass(frozen=True)
class Report:
    """A page that is ready to be written, and what its CSV is written from."""

    html: bytes
    accounts: tuple[AccountDay, ...]

    def write_rows(self, path: Path) -> None:
        """Write the CSV that belongs to the page."""
        write_csv(self.accounts, path)

    @property
    def rows(self) -> int:
        """How many verdicts the CSV holds."""
        return sum(account.diffs.height for account in self.accounts)


def report(accounts: Iterable[str], day: date, tables: ReportTables, options: ReportOptions) -> Report:
    """Make one page of those accounts together, in their order."""
    days = tuple(account_day(account, day, tables, options) for account in accounts)
    several = len(days) > 1
    title = f"All {len(days)} accounts" if several else f"{days[0].name} ({days[0].account})"
    return Report(page(days, title), days)


def report_days(
    partitions: Iterable[Partition], tables: ReportTables, options: ReportOptions
) -> Iterator[tuple[Partition, Report]]:
    """Yield the report of each partition: one account, one day."""
    for partition in partitions:
        yield partition, report([partition.account], partition.day, tables, options)
