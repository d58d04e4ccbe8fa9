"""Which snapshot stands for which day: today's from the source, a past day's from the nearest really taken."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import polars as pl

from assets.errors import InputError
from assets.iam_snapshots.nearest import nearest
from assets.iam_snapshots.schema import COLUMNS
from assets.iam_snapshots.snapshot import snapshot_rows
from assets.iam_snapshots.source import IamFile
from assets.partitions import Partition


class Stored(Protocol):
    """The partitions that are stored already."""

    def partitions(self, table: str, account: str | None = None) -> list[Partition]:
        """Return those of a table."""
        ...

    def scan(self, table: str, partitions: Iterable[Partition]) -> pl.LazyFrame:
        """Return their rows with `day` and `account`."""
        ...


@dataclass(frozen=True)
class IamSources:
    """The IAM files by account, what is stored, and the day that stands for today."""

    files: Mapping[str, IamFile]
    stored: Stored
    today: Callable[[], date]

    def snapshots(self, partitions: Iterable[Partition]) -> Iterator[tuple[Partition, pl.DataFrame]]:
        """Yield the table `iam_snapshots` for each partition. Raises `InputError` where none can be had."""
        made: dict[tuple[str, datetime], pl.DataFrame] = {}
        times: dict[str, dict[datetime, date]] = {}
        for partition in partitions:
            account = partition.account
            if account not in times:
                times[account] = taken_times(self.stored, account)
            wanted = self._wanted(partition, times[account])
            if (account, wanted) not in made:
                made[account, wanted] = self._snapshot(account, wanted, times[account])
            yield partition, made[account, wanted]

    def wanted(self, partition: Partition) -> datetime:
        """Return when the snapshot that stands for the partition was taken. Raises `InputError` as above."""
        return self._wanted(partition, taken_times(self.stored, partition.account))

    def _wanted(self, partition: Partition, stored: Mapping[datetime, date]) -> datetime:
        file = self.files.get(partition.account)
        if file is not None and partition.day == self.today():
            return file.taken_at
        found = nearest(partition.day, sorted({*stored, *([file.taken_at] if file else [])}))
        if found is None:
            raise InputError(
                f"account {partition.account}: no IAM data: it has no 'iam:' in the configuration and no stored"
                " snapshot; name the file of 'aws iam get-account-authorization-details'"
            )
        return found

    def _snapshot(self, account: str, wanted: datetime, stored: Mapping[datetime, date]) -> pl.DataFrame:
        file = self.files.get(account)
        if file is not None and file.taken_at == wanted:
            return snapshot_rows(file.read(), file.label, wanted, file.taken_at_source, account)
        source = Partition(stored[wanted], account)
        return self.stored.scan("iam_snapshots", [source]).select(list(COLUMNS)).collect()


def taken_times(stored: Stored, account: str) -> dict[datetime, date]:
    """Return when the stored snapshots of an account were really taken, each with a day that holds it."""
    rows = (
        stored.scan("iam_snapshots", stored.partitions("iam_snapshots", account))
        .group_by("taken_at")
        .agg(pl.col("day").min())
        .collect()
    )
    return dict(rows.iter_rows())
