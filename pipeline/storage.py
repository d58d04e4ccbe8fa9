"""The IO manager: how Dagster's assets become the files of the lake, and how they are read again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import polars as pl

from assets.errors import StorageError
from assets.partitions import AnyPartition, Partition
from pipeline.lake import Lake
from pipeline.progress import Progress
from pipeline.replacing import remove_left_behind
from pipeline.tables import TABLES, Table

Parts = Iterable[tuple[AnyPartition, pl.DataFrame | pl.LazyFrame]]


class LakeIOManager(dg.IOManager):
    """Writes a table partition by partition, as they come, and reads lazily.

    A partitioned asset hands over an iterable of `(Partition, DataFrame)`, or LazyFrame where the rows may not
    fit into the memory, that covers exactly the partitions of the run, those without rows too; an
    unpartitioned one a DataFrame. Inputs are LazyFrames with the
    columns `day` and `account`, or DataFrames of unpartitioned tables.
    """

    def __init__(self, lake: Lake, progress: Progress | None = None) -> None:
        """Keep the lake that is written to, and who is told of it; what killed runs left there goes."""
        self.lake = lake
        self.progress = progress
        remove_left_behind(lake.root)

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Write what the asset returned; every asked-for partition must be among it."""
        table = TABLES[context.asset_key.to_user_string()]
        if not table.partitioned:
            assert isinstance(obj, pl.DataFrame)
            self.lake.write(table.name, obj, written_at=run_began(context))
            context.add_output_metadata({**_metadata(table), "dagster/row_count": obj.height})
            return
        written = self._write_parts(context, table, obj)
        missing = set(context.asset_partition_keys) - written
        if missing:
            raise StorageError(f"{table.name}: the asset made nothing for {', '.join(sorted(missing))}")

    def _write_parts(self, context: dg.OutputContext, table: Table, parts: Parts) -> set[str]:
        # Dagster tells of the partitions in its own order, whatever the order in which they were written.
        keys = context.asset_partition_keys
        asked, told_last = set(keys), keys[-1]
        written: set[str] = set()
        began = run_began(context)
        described = _metadata(table)
        for partition, frame in parts:
            if partition.key not in asked:
                raise StorageError(f"{table.name}: {partition.key} was made and is not part of this run")
            self.lake.write(table.name, frame, partition, written_at=began)
            written.add(partition.key)
            rows = frame.height if isinstance(frame, pl.DataFrame) else self._rows(table.name, partition)
            if self.progress:
                self.progress.wrote(table.name, partition.folders[0].partition("=")[2], rows)
            # Columns and lineage are the same for all: with each of them the events of a year would take longer to
            # store than the year. The UI shows those of the newest event.
            told = described if partition.key == told_last else {}
            path = dg.MetadataValue.path(str(self.lake.path(table.name, partition)))
            _tell(context, partition, {**told, "dagster/row_count": rows, "path": path})
        return written

    def _rows(self, table: str, partition: AnyPartition) -> int:
        return int(self.lake.scan(table, [partition]).select(pl.len()).collect().item())

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame | pl.DataFrame:
        """Return the partitions that the mapping asks for and that exist, or the whole unpartitioned table."""
        name = context.asset_key.to_user_string()
        if not TABLES[name].partitioned:
            return self.lake.read(name)
        keys: Sequence[str] = context.asset_partition_keys if context.has_asset_partitions else ()
        return self.lake.scan(name, [Partition.from_key(key) for key in keys])


def _tell(context: dg.OutputContext, partition: AnyPartition, metadata: Mapping[str, Any]) -> None:
    # What `add_asset_metadata` does, which lists the whole range and asks the database for the account, for each
    # partition, to see that the partition is one of the run; that was looked at before it was written.
    step = context.step_context
    step._metadata_accumulator = step._metadata_accumulator.with_additional_asset_metadata(
        asset_key=context.asset_key, partition_key=partition.key, metadata=metadata
    )


def begins_now(run: str) -> None:
    """Take note that a run begins to read: it may have waited since it was asked for."""
    _BEGAN.clear()
    _BEGAN[run] = datetime.now(UTC)


def run_began(context: dg.OutputContext) -> datetime:
    """Return when the run began (UTC), which its files bear: logs that arrive while it reads are newer than they."""
    began = _BEGAN.get(context.run_id)
    if began is None:
        record = context.step_context.instance.get_run_record_by_id(context.run_id)
        began = record.create_timestamp.replace(tzinfo=UTC) if record else datetime.now(UTC)
        _BEGAN.clear()
        _BEGAN[context.run_id] = began
    return began


_BEGAN: dict[str, datetime] = {}
"""When the run that was asked about last began, by its id: each of its tables asks."""


def _metadata(table: Table) -> dict[str, dg.TableSchema | dg.TableColumnLineage]:
    columns = [
        dg.TableColumn(name, type=str(dtype), description=table.descriptions.get(name))
        for name, dtype in table.schema.items()
    ]
    lineage = {
        column: [
            dg.TableColumnDep(asset_key=dg.AssetKey(source), column_name=name) for source, name in sources
        ]
        for column, sources in table.lineage.items()
    }
    return {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/column_lineage": dg.TableColumnLineage(lineage),
    }
