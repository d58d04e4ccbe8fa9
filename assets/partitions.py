"""How the tables are cut: a partition is one day of one account."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg

ACCOUNTS = "accounts"
"""Name of the dynamic partitions that the accounts of the configuration are registered in."""


@dataclass(frozen=True, order=True)
class Partition:
    """One day (UTC) of one account (12 digits)."""

    day: date
    account: str

    @property
    def key(self) -> str:
        """Dagster's key: the dimensions in alphabetical order, `111111111111|2026-06-30`."""
        return f"{self.account}|{self.day.isoformat()}"

    @classmethod
    def from_key(cls, key: str) -> "Partition":
        """Read Dagster's key."""
        account, _, day = key.partition("|")
        return cls(date.fromisoformat(day), account)


def asked(keys: Iterable[str]) -> list[Partition]:
    """Return the partitions of a run in order, from Dagster's keys."""
    return sorted(Partition.from_key(key) for key in keys)


def day_by_account(first_day: date) -> "dg.MultiPartitionsDefinition":
    """Return the partitions day x account, from `first_day` to today, accounts registered while running."""
    import dagster as dg

    return dg.MultiPartitionsDefinition(
        {
            "day": dg.DailyPartitionsDefinition(start_date=first_day.isoformat(), end_offset=1),
            "account": dg.DynamicPartitionsDefinition(name=ACCOUNTS),
        }
    )


def window_of(lookback_days: int) -> "dg.MultiPartitionMapping":
    """Return the mapping from a day to the `lookback_days` days that end with it, of the same account."""
    import dagster as dg

    days = dg.TimeWindowPartitionMapping(
        start_offset=1 - lookback_days, end_offset=0, allow_nonexistent_upstream_partitions=True
    )
    return dg.MultiPartitionMapping(
        {
            "day": dg.DimensionPartitionMapping("day", days),
            "account": dg.DimensionPartitionMapping("account", dg.IdentityPartitionMapping()),
        }
    )


def all_accounts_of(days: int) -> "dg.MultiPartitionMapping":
    """Return the mapping from a day of an account to the `days` days that end with it, of all accounts."""
    import dagster as dg

    near = dg.TimeWindowPartitionMapping(
        start_offset=1 - days, end_offset=0, allow_nonexistent_upstream_partitions=True
    )
    return dg.MultiPartitionMapping(
        {
            "day": dg.DimensionPartitionMapping("day", near),
            "account": dg.DimensionPartitionMapping("account", dg.AllPartitionMapping()),
        }
    )
