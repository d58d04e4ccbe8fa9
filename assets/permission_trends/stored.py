"""What the trends read: partitions that are stored already, also of days that a run does not make."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Protocol

import polars as pl

from assets.errors import StorageError
from assets.partitions import AnyPartition, Partition

PEOPLE: dict[str, pl.DataType] = {
    "principal_arn": pl.String(),
    "principal_id": pl.String(),
    "principal_type": pl.String(),
    "principal_name": pl.String(),
}


class Stored(Protocol):
    """The tables as they lie."""

    def partitions(self, table: str, account: str | None = None) -> list[Partition]:
        """Return the partitions of a table, by day and account."""
        ...

    def existing(self, table: str, partitions: Sequence[Partition]) -> set[Partition]:
        """Return those of the partitions that exist."""
        ...

    def scan(self, table: str, partitions: Iterable[AnyPartition]) -> pl.LazyFrame:
        """Return the rows of those that exist, with `day` and `account`, as far as the table is cut by them."""
        ...

    def written_at(self, table: str, partition: AnyPartition | None = None) -> datetime | None:
        """Return when a partition was last replaced (UTC), or None where there is none."""
        ...


def days_of(stored: Stored, tables: Sequence[str], account: str) -> list[date]:
    """Return the days of an account for which every one of the tables is stored, in order."""
    days = [{one.day for one in stored.partitions(table, account)} for table in tables]
    return sorted(set.intersection(*days))


def rows_on(stored: Stored, table: str, partition: Partition) -> pl.LazyFrame:
    """Return one partition's rows. Raises `StorageError` where it is not stored: no rows would mean nothing."""
    if not stored.existing(table, [partition]):
        raise StorageError(
            f"{table}: {partition.day} of account {partition.account} is not stored; make it first with"
            f" 'cloudtracker run --account {partition.account} --from {partition.day} --to {partition.day}'"
        )
    return stored.scan(table, [partition]).drop("day", "account")


def people_on(stored: Stored, partition: Partition) -> pl.DataFrame:
    """Return the users and roles of the day's snapshot (`PEOPLE`), sorted by ARN: also those granted nothing."""
    return (
        rows_on(stored, "iam_snapshots", partition)
        .filter(pl.col("kind").is_in(["user", "role"]))
        .select(
            principal_arn=pl.col("arn"),
            principal_id=pl.col("id"),
            principal_type=pl.col("kind"),
            principal_name=pl.col("name"),
        )
        .sort("principal_arn")
        .collect()
    )
