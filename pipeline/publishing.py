"""Publishing partitions of the lake to the configured warehouse, and knowing which are there already."""

import fcntl
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b

import msgspec
import polars as pl

from assets.errors import StorageError
from assets.partitions import AnyPartition, Partition
from assets.warehouse.loads import Share, Warehouse
from assets.warehouse.redaction import public
from pipeline.lake import Lake
from pipeline.offered_tables import OFFERED, Offered
from pipeline.published_at import PublishedAt
from pipeline.settings import Settings
from pipeline.warehouses import warehouse_of

_ROWS_A_FRAME = 500_000


@dataclass(frozen=True)
class Publisher:
    """Publishes the tables that the configuration names."""

    lake: Lake
    warehouse: Warehouse
    tables: tuple[str, ...]

    def publish(self, partitions: Sequence[Partition]) -> dict[str, int]:
        """Replace in the warehouse what the lake holds of those days of accounts; return the rows of each table.

        Of a table that is cut by account (or by day) only, the whole accounts (or days) are replaced. What the lake
        does not have is left as it is there. Loads of one lake come one after the other. Raises `StorageError`.
        """
        with self._alone():
            told = self._published_at()
            if gone := self._gone(told):
                # Before the load: one that dies may leave a warehouse that is there and has no rows.
                told.forget(gone)
            shares: list[Share] = []
            times: dict[tuple[str, AnyPartition], datetime] = {}
            for offered in (OFFERED[name] for name in self.tables):
                # Noted before the rows are read: what is written meanwhile counts as newer.
                there = {
                    part: time
                    for part in offered.parts(partitions)
                    if (time := offered.written_at(self.lake, part)) is not None
                }
                if there:
                    shares.append(self._share(offered, list(there)))
                    times |= {(offered.table.name, part): time for part, time in there.items()}
            counts = dict(self.warehouse.replace(shares)) if shares else {}
            told.add(times)
        return counts

    def outdated(self, partitions: Iterable[Partition]) -> list[Partition]:
        """Return those of the days of accounts of which the lake holds something that was not published.

        A table that is cut by account is loaded with the last of the account's days, one that is cut by day with
        the last account.
        """
        told = self._published_at()
        gone = self._gone(told)
        ordered = sorted(partitions)
        found: set[Partition] = set()
        for offered in (OFFERED[name] for name in self.tables):
            last = {offered.part(partition): partition for partition in ordered}
            found |= {
                partition
                for part, partition in last.items()
                if (time := offered.written_at(self.lake, part)) is not None
                and (offered.table.name in gone or time != told.of(offered.table.name, part))
            }
        return sorted(found)

    def to_publish(self, days: Mapping[str, Iterable[date]]) -> list[Partition]:
        """Return the outdated days of accounts (by id), of these and of those that were published before.

        The warehouse is asked once for them all.
        """
        told = self._published_at()
        earlier = {
            Partition.from_key(key)
            for name in self.tables
            if OFFERED[name].table.cut is Partition
            for key in told.keys(name)
        }
        wanted = {Partition(day, account) for account, made in days.items() for day in made}
        return self.outdated(wanted | {one for one in earlier if one.account in days})

    def _gone(self, told: PublishedAt) -> Collection[str]:
        loaded = told.tables()
        return self.warehouse.lacks(loaded) if loaded else ()

    def _share(self, offered: Offered, parts: Sequence[AnyPartition]) -> Share:
        return Share(
            offered.shape, [offered.key(part) for part in parts], lambda: self._frames(offered, parts)
        )

    def _frames(self, offered: Offered, parts: Sequence[AnyPartition]) -> Iterator[pl.DataFrame]:
        held: list[pl.DataFrame] = []
        for part in parts:
            held.append(offered.rows(self.lake, part))
            if sum(frame.height for frame in held) >= _ROWS_A_FRAME:
                yield pl.concat(held)
                held = []
        if held:
            yield pl.concat(held)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one load of this lake come after the other."""
        folder = self.lake.root / ".published"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / ".lock").open("wb")
        except OSError as error:
            raise StorageError(f"{folder}: cannot be written: {error.strerror or error}") from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _published_at(self) -> PublishedAt:
        # Another warehouse has been told nothing yet, another schema of the same database neither. Not by its label:
        # that is for people, and names neither schema nor options.
        place = msgspec.json.encode(public(self.warehouse.identity), order="sorted")
        folder = self.lake.root / ".published"
        return PublishedAt(folder / _file(place), folder / _file(self.warehouse.label.encode()))


def _file(place: bytes) -> str:
    return f"{blake2b(place, digest_size=8).hexdigest()}.json"


def publisher_of(settings: Settings) -> Publisher:
    """Return the publisher of a configuration. Raises `ConfigError` where it names no warehouse."""
    warehouse = warehouse_of(settings)
    assert settings.warehouse is not None
    return Publisher(Lake(settings.root), warehouse, settings.warehouse.tables)
