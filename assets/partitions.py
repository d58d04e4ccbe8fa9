"""How the tables are cut: a partition is one day of one account."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

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

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of the partition below its table's."""
        return (f"day={self.day.isoformat()}", f"account={self.account}")

    @classmethod
    def from_key(cls, key: str) -> "Partition":
        """Read Dagster's key."""
        account, _, day = key.partition("|")
        return cls(date.fromisoformat(day), account)


@dataclass(frozen=True, order=True)
class AccountPartition:
    """All days of one account (12 digits)."""

    account: str

    @property
    def key(self) -> str:
        """Dagster's key."""
        return self.account

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of the partition below its table's."""
        return (f"account={self.account}",)

    @classmethod
    def from_key(cls, key: str) -> "AccountPartition":
        """Read Dagster's key."""
        return cls(key)


@dataclass(frozen=True, order=True)
class DayPartition:
    """One day (UTC) of all accounts."""

    day: date

    @property
    def key(self) -> str:
        """Dagster's key."""
        return self.day.isoformat()

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of the partition below its table's."""
        return (f"day={self.day.isoformat()}",)

    @classmethod
    def from_key(cls, key: str) -> "DayPartition":
        """Read Dagster's key."""
        return cls(date.fromisoformat(key))


AnyPartition = Partition | AccountPartition | DayPartition


def place_of(partition: AnyPartition | None) -> tuple[date | None, str]:
    """Return day and account of a partition; None and '' for what it is not cut by."""
    return getattr(partition, "day", None), getattr(partition, "account", "")


def at_place(cut: type[AnyPartition], day: date | None, account: str) -> AnyPartition:
    """Return the partition of a table cut like that to which a row of this day and account belongs."""
    given: dict[str, Any] = {"day": day, "account": account}
    return cut(**{name: given[name] for name in cut.__dataclass_fields__})


def asked(keys: Iterable[str]) -> list[Partition]:
    """Return the partitions of a run in order, from Dagster's keys."""
    return sorted(Partition.from_key(key) for key in keys)


def parts(cut: type[AnyPartition], keys: Iterable[str]) -> list[AnyPartition]:
    """Return the partitions of a run of tables that are cut like that, in order, from Dagster's keys."""
    return sorted((cut.from_key(key) for key in keys), key=lambda one: one.folders)


def day_by_account(first_day: date) -> "dg.MultiPartitionsDefinition":
    """Return the partitions day x account, from `first_day` to today, accounts registered while running."""
    import dagster as dg

    return dg.MultiPartitionsDefinition(
        {
            "day": dg.DailyPartitionsDefinition(start_date=first_day.isoformat(), end_offset=1),
            "account": dg.DynamicPartitionsDefinition(name=ACCOUNTS),
        }
    )


def by_account() -> "dg.DynamicPartitionsDefinition":
    """Return the partitions of tables that hold all days of an account."""
    import dagster as dg

    return dg.DynamicPartitionsDefinition(name=ACCOUNTS)


def by_day(first_day: date) -> "dg.DailyPartitionsDefinition":
    """Return the partitions of tables that hold all accounts of a day."""
    import dagster as dg

    return dg.DailyPartitionsDefinition(start_date=first_day.isoformat(), end_offset=1)


def partitions_of(cut: type[AnyPartition], first_day: date) -> "dg.PartitionsDefinition":
    """Return the partitions of tables that are cut like that."""
    if cut is AccountPartition:
        return by_account()
    return by_day(first_day) if cut is DayPartition else day_by_account(first_day)


def all_of(dimension: str) -> "dg.MultiToSingleDimensionPartitionMapping":
    """Return the mapping to all partitions (day x account) of that `day` or `account`."""
    import dagster as dg

    return dg.MultiToSingleDimensionPartitionMapping(partition_dimension_name=dimension)


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
