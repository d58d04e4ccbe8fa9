"""The findings of a day in forms that other programs read, piece by piece."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import metadata

import msgspec
import polars as pl

from assets.partitions import Partition
from assets.warehouse.ocsf import findings
from assets.warehouse.spreadsheet import safe_csv
from pipeline.damaged_files import unreadable
from pipeline.lake import Lake
from pipeline.settings import AccountSettings

STATUSES = ("unused", "not_granted", "unknown", "used")


@dataclass(frozen=True)
class Findings:
    """What is exported: the diffs of a day of those accounts, rows of these statuses."""

    lake: Lake
    accounts: Sequence[AccountSettings]
    day: date
    statuses: Sequence[str]

    def rows(self, account: AccountSettings, statuses: Sequence[str]) -> pl.DataFrame:
        """Return `day`, `account` and the columns of `principal_diffs`, by principal and action.

        Raises `StorageError`.
        """
        partition = Partition(self.day, account.id)
        diffs = self.lake.scan("principal_diffs", [partition])
        try:
            return (
                diffs.filter(pl.col("status").is_in(statuses))
                .sort("principal_arn", "action")
                .select("day", "account", pl.exclude("day", "account"))
                .collect()
            )
        except OSError as error:
            raise unreadable(self.lake.path("principal_diffs", partition), error) from None


def as_csv(asked: Findings) -> Iterator[str]:
    """Yield CSV, a header first; cells are safe for spreadsheets."""
    for number, account in enumerate(asked.accounts):
        yield safe_csv(asked.rows(account, asked.statuses), header=number == 0)


def as_json(asked: Findings) -> Iterator[str]:
    """Yield an object a line, a row each; times in UTC as ISO 8601."""
    for account in asked.accounts:
        for row in asked.rows(account, asked.statuses).iter_rows(named=True):
            yield msgspec.json.encode(row).decode() + "\n"


def as_ocsf(asked: Findings) -> Iterator[str]:
    """Yield an OCSF finding a line, one for each principal that has a row of the statuses; it tells all of them.

    What is unused and excluded makes none: a finding does not count it as unused either.
    """
    left = pl.col("excluded") & (pl.col("status") == "unused")
    for account in asked.accounts:
        rows = asked.rows(account, STATUSES)
        wanted = rows.filter(pl.col("status").is_in(asked.statuses) & ~left).select(
            "principal_arn", "principal_id"
        )
        chosen = rows.join(
            wanted.unique(), on=["principal_arn", "principal_id"], how="semi", nulls_equal=True
        )
        trends = asked.lake.scan("permission_trends", [Partition(asked.day, account.id)])
        risk: Mapping[str, float] = dict(trends.select("principal_arn", "risk_score").collect().iter_rows())
        for finding in findings(chosen, risk, asked.day, account.id, metadata.version("cloudtracker")):
            yield msgspec.json.encode(finding).decode() + "\n"


FORMATS: Mapping[str, Callable[[Findings], Iterator[str]]] = {
    "ocsf": as_ocsf,
    "csv": as_csv,
    "json": as_json,
}
"""What `--format` may say."""
