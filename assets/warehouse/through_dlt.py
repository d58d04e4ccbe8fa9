"""Every other warehouse: through dlt, which knows their staging and their merge."""

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import polars as pl

from assets.errors import StorageError
from assets.warehouse.contract import Published
from assets.warehouse.files import polars_schema
from assets.warehouse.loads import Share
from assets.warehouse.redaction import without_secrets

REMOVED = "removed"
"""An added column: dlt deletes what its merge key names where it is true. In the table it is always false."""


@dataclass(frozen=True)
class ThroughDlt:
    """A destination of dlt by its name (`snowflake`, `bigquery`, `redshift`, `databricks`, ...) and a dataset.

    `options` are given to the destination; credentials come from dlt's own secrets (its environment variables
    DESTINATION__<NAME>__CREDENTIALS..., or `secrets.toml`). The load is staged beside the dataset, in one of its
    own, and merged: the old rows of the keys go and the new ones come in the destination's own transaction.
    """

    destination: str
    dataset: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The destination and dataset."""
        return f"{self.destination}, dataset {self.dataset}"

    @property
    def identity(self) -> Mapping[str, Any]:
        """The destination, its options and the dataset."""
        return {"destination": self.destination, "schema": self.dataset, "options": self.options}

    def lacks(self, names: Collection[str]) -> Collection[str]:
        """Return none: only the destination knows, and wakes up to answer."""
        del names
        return ()

    def replace(self, shares: Sequence[Share]) -> Mapping[str, int]:
        """Replace the partitions of a load; see `Warehouse.replace`."""
        os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
        os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
        import dlt
        from dlt.common.exceptions import DltException

        counts: dict[str, int] = {}
        with tempfile.TemporaryDirectory(prefix="cloudtracker-dlt-") as folder:
            try:
                # Of the same name each time, so that dlt finds the columns' types of earlier loads there.
                pipeline = dlt.pipeline(
                    "cloudtracker",
                    pipelines_dir=folder,
                    destination=self._destination(),
                    dataset_name=self.dataset,
                )
                pipeline.run([_resource(share, counts) for share in shares])
                with pipeline.sql_client() as client, client.with_staging_dataset():
                    if client.has_dataset():
                        client.drop_dataset()
            except DltException as error:
                raise StorageError(f"{self.label}: the load failed: {_reason(error)}") from None
        return counts

    def _destination(self) -> Any:
        import dlt

        factory = getattr(dlt.destinations, self.destination)
        # Two loads at once do not share what they stage.
        return factory(staging_dataset_name_layout=f"%s_staging_{uuid4().hex[:12]}", **self.options)


def _resource(share: Share, counts: dict[str, int]) -> Any:
    import dlt

    table = share.table
    counts[table.name] = 0

    def frames() -> Iterator[Any]:
        yield _tombstones(share).to_arrow()
        for frame in share.frames():
            counts[table.name] += frame.height
            yield frame.with_columns(pl.lit(False).alias(REMOVED)).to_arrow()

    resource: Any = dlt.resource
    return resource(
        frames,
        name=table.name,
        write_disposition={"disposition": "merge", "strategy": "delete-insert"}
        if table.partition
        else "replace",
        merge_key=list(table.partition),
        columns=_hints(table),
        schema_contract={"tables": "evolve", "columns": "evolve", "data_type": "freeze"},
    )


def _tombstones(share: Share) -> pl.DataFrame:
    """Return a row for each key that is marked as removed: a key without rows is emptied by it."""
    table = share.table
    schema = {**polars_schema(table), REMOVED: pl.Boolean()}
    rows = [dict(zip(table.partition, key, strict=True)) | {REMOVED: True} for key in share.keys]
    return pl.DataFrame(rows if table.partition else [], schema=schema)


def _hints(table: Published) -> dict[str, dict[str, Any]]:
    kinds: dict[str, dict[str, Any]] = {
        "boolean": {"data_type": "bool"},
        "timestamp": {"data_type": "timestamp", "timezone": True, "precision": 6},
    }
    own = {column.name: kinds.get(column.type, {"data_type": column.type}) for column in table.columns}
    return {**own, REMOVED: {"data_type": "bool", "hard_delete": True}}


def _reason(error: BaseException) -> str:
    # dlt wraps: the innermost says what was wrong, the outer ones in which step.
    while error.__cause__ is not None:
        error = error.__cause__
    return without_secrets(error)[:500]
