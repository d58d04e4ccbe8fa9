"""Which snapshot stands for which day: today's from the source, a past day's from the nearest really taken."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import polars as pl

from assets.errors import InputError
from assets.iam_snapshots.nearest import nearest
from assets.iam_snapshots.schema import COLUMNS
from assets.iam_snapshots.snapshot import snapshot_rows
from assets.iam_snapshots.source import IamSource
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
    """Where the IAM data comes from by account, what is stored, and the day that stands for today."""

    sources: Mapping[str, IamSource]
    stored: Stored
    today: Callable[[], date]

    def snapshots(self, partitions: Iterable[Partition]) -> Iterator[tuple[Partition, pl.DataFrame]]:
        """Yield the table `iam_snapshots` for each partition. Raises `InputError` where none can be had.

        A snapshot that these partitions are to take counts as stored: it may fill past days among them.
        """
        partitions = list(partitions)
        kept: dict[str, dict[datetime, date]] = {}
        times: dict[str, dict[datetime, date]] = {}
        for account in dict.fromkeys(partition.account for partition in partitions):
            kept[account] = taken_times(self.stored, account)
            days = [other for other in partitions if other.account == account]
            times[account] = {**self._to_take(days, kept[account]), **kept[account]}
        planned = self._planned(partitions, times)
        made = self._replaced(planned, kept)
        # A year of daily ones is not held at once: each is let go after the last day that it stands for.
        last = {(partition.account, time): partition for partition, time in planned.items()}
        for partition in partitions:
            account = partition.account
            wanted = self._wanted(partition, times[account])
            if (account, wanted) not in made:
                made[account, wanted] = self._snapshot(account, wanted, kept[account])
            over = last.get((account, wanted)) == partition
            yield partition, made.pop((account, wanted)) if over else made[account, wanted]

    def _planned(
        self, partitions: Iterable[Partition], times: Mapping[str, Mapping[datetime, date]]
    ) -> dict[Partition, datetime]:
        """Return when the snapshot was taken that stands for each partition that one can be had for."""
        planned: dict[Partition, datetime] = {}
        for partition in partitions:
            # What cannot be had is said when it is its turn: the days before are made.
            with suppress(InputError):
                planned[partition] = self._wanted(partition, times[partition.account])
        return planned

    def _replaced(
        self,
        wanted: Mapping[Partition, datetime],
        kept: Mapping[str, Mapping[datetime, date]],
    ) -> dict[tuple[str, datetime], pl.DataFrame]:
        """Return, by account and time, the stored snapshots that are wanted and lie where another one comes."""
        found: dict[tuple[str, datetime], pl.DataFrame] = {}
        for partition, time in wanted.items():
            account = partition.account
            day = kept[account].get(time)
            lies = None if day is None else Partition(day, account)
            if lies is not None and wanted.get(lies, time) != time and (account, time) not in found:
                found[account, time] = self._snapshot(account, time, kept[account])
        return found

    def wanted(self, partition: Partition, taken: Mapping[datetime, date]) -> datetime:
        """Return when the snapshot that stands for the partition was taken. Raises `InputError` as above.

        `taken` is what `taken_times` returns for the account: one reading serves many partitions.
        """
        return self._wanted(partition, taken)

    def _to_take(
        self, partitions: Iterable[Partition], stored: Mapping[datetime, date]
    ) -> dict[datetime, date]:
        source = {partition: self.sources.get(partition.account) for partition in partitions}
        times = {
            partition.day: found.stands_for(partition.day, self.today(), stored.keys())
            for partition, found in source.items()
            if found is not None
        }
        return {time: day for day, time in times.items() if time is not None}

    def _wanted(self, partition: Partition, stored: Mapping[datetime, date]) -> datetime:
        source = self.sources.get(partition.account)
        if source is not None:
            own = source.stands_for(partition.day, self.today(), stored.keys())
            if own is not None:
                return own
        found = nearest(partition.day, sorted({*stored, *(source.offered if source else ())}))
        if found is None:
            why = source.refusal(partition.day) if source else _NO_SOURCE
            raise InputError(f"account {partition.account}: no IAM data: {why}")
        return found

    def _snapshot(self, account: str, wanted: datetime, stored: Mapping[datetime, date]) -> pl.DataFrame:
        source = self.sources.get(account)
        if source is not None and source.gives(wanted, stored):
            return snapshot_rows(source.read(), source.label, wanted, source.taken_at_source, account)
        if wanted not in stored:
            # A file whose modification time is the time it was true, touched by somebody since.
            label = source.label if source is not None else "IAM data"
            raise InputError(f"account {account}: {label}: changed while it was read; run it again")
        kept = Partition(stored[wanted], account)
        found = self.stored.scan("iam_snapshots", [kept]).select(list(COLUMNS)).collect()
        if set(found["taken_at"]) != {wanted}:
            raise InputError(
                f"account {account}: the snapshot of {wanted:%Y-%m-%d %H:%M:%S} UTC, stored on {kept.day}, was replaced"
                " while it was read; run it again"
            )
        return found


_NO_SOURCE = (
    "it has no 'iam:' in the configuration and no stored snapshot; name the file of"
    " 'aws iam get-account-authorization-details', or say 'iam: live'"
)


def taken_times(stored: Stored, account: str) -> dict[datetime, date]:
    """Return when the stored snapshots of an account were really taken, each with the nearest day that holds it."""
    return nearest_holding(held_times(stored, account))


def held_times(stored: Stored, account: str) -> dict[date, datetime]:
    """Return the stored days of an account, in order, each with when its snapshot was really taken."""
    held = stored.scan("iam_snapshots", stored.partitions("iam_snapshots", account)).select("day", "taken_at")
    return dict(held.unique().collect().sort("day", "taken_at").iter_rows())


def nearest_holding(held: Mapping[date, datetime]) -> dict[datetime, date]:
    """Return each time in `held_times` with the nearest day that holds it, of two the earlier."""
    # Far from its own day it is the first to be replaced by another one.
    nearest_last = sorted(held, key=lambda day: (abs((day - held[day].date()).days), day), reverse=True)
    return {held[day]: day for day in nearest_last}
