"""What can be published: the tables of the lake that are cut into partitions, and those made for warehouses."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from assets.partitions import AccountPartition, AnyPartition, DayPartition, Partition
from assets.warehouse import grant_uses
from assets.warehouse.contract import Published, published, rows
from assets.warehouse.loads import Key
from pipeline.lake import Lake
from pipeline.tables import TABLES, Table


@dataclass(frozen=True)
class Offered:
    """A table as a warehouse can have it. `made_from`: the tables of the lake that its partitions follow from."""

    table: Table
    made_from: tuple[str, ...]
    read: Callable[[Lake, AnyPartition], pl.DataFrame]

    @property
    def shape(self) -> Published:
        """Its columns, the partition's first."""
        return published(self.table.name, self.table.schema, tuple(self.table.cut.__dataclass_fields__))

    def rows(self, lake: Lake, partition: AnyPartition) -> pl.DataFrame:
        """Return a partition's rows in the warehouse's types."""
        return rows(self.read(lake, partition), self.shape)

    def key(self, partition: AnyPartition) -> Key:
        """Return the values of the partition's columns."""
        return tuple(getattr(partition, name) for name in self.shape.partition)

    def written_at(self, lake: Lake, partition: AnyPartition) -> datetime | None:
        """Return when the newest of what it is made from was written, None where not all of it is there."""
        times = [lake.written_at(name, partition) for name in self.made_from]
        there = [time for time in times if time is not None]
        return max(there) if len(there) == len(times) else None

    def parts(self, partitions: Iterable[Partition]) -> list[AnyPartition]:
        """Return the partitions of this table that those days of accounts belong to, in order."""
        found = {self.part(partition) for partition in partitions}
        return sorted(found, key=lambda one: one.folders)

    def part(self, partition: Partition) -> AnyPartition:
        """Return the partition of this table that the day of an account belongs to."""
        if self.table.cut is AccountPartition:
            return AccountPartition(partition.account)
        if self.table.cut is DayPartition:
            return DayPartition(partition.day)
        return partition


def _of_the_lake(table: Table) -> Offered:
    return Offered(table, (table.name,), lambda lake, part: lake.scan(table.name, [part]).collect())


def _grant_uses(lake: Lake, partition: AnyPartition) -> pl.DataFrame:
    made = grant_uses.grant_uses(
        lake.scan("expanded_grants", [partition]), lake.scan("principal_diffs", [partition])
    )
    assert isinstance(partition, Partition)
    return made.with_columns(day=pl.lit(partition.day, pl.Date), account=pl.lit(partition.account, pl.String))


GRANT_USES = Table(
    "grant_uses",
    grant_uses.GRANT_USES,
    grant_uses.KEY,
    grant_uses.DESCRIPTIONS,
    lineage=grant_uses.LINEAGE,
)
OFFERED: Mapping[str, Offered] = {
    **{table.name: _of_the_lake(table) for table in TABLES.values() if table.partitioned},
    GRANT_USES.name: Offered(GRANT_USES, ("expanded_grants", "principal_diffs"), _grant_uses),
}
"""All of them by name, in data order."""
