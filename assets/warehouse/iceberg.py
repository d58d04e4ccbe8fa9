"""Iceberg: a table each in a catalogue, a load of a table is one commit."""

import time
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from assets.errors import StorageError
from assets.warehouse.contract import Published
from assets.warehouse.files import polars_schema
from assets.warehouse.iceberg_shape import arrow_schema, partition_spec, rows_of, table_schema
from assets.warehouse.loads import PUBLISH_AGAIN, Share
from assets.warehouse.redaction import without_secrets

_TRIES = 30
_WAIT_SECONDS = 0.2
_NO_RETRIES = {"commit.retry.num-retries": "0"}
"""pyiceberg's own retry appends to what another load has just committed: of two first loads both rows would stay.
So a commit that meets another one fails, and the whole replacement is made again on top of it."""


@dataclass(frozen=True)
class Iceberg:
    """Tables `<namespace>.<table>` in a catalogue of pyiceberg.

    `properties` are those of `pyiceberg.catalog.load_catalog` (`type: sql|rest|glue`, `uri`, `warehouse`, ...);
    secrets belong into its environment variables (PYICEBERG_CATALOG__<NAME>__...) or `~/.pyiceberg.yaml`.
    """

    catalog: str
    namespace: str
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The catalogue and namespace."""
        return f"Iceberg catalogue {self.catalog}, {self.namespace}"

    @property
    def identity(self) -> Mapping[str, Any]:
        """The catalogue, its properties and the namespace."""
        return {
            "destination": "iceberg",
            "url": self.catalog,
            "schema": self.namespace,
            "options": self.properties,
        }

    def lacks(self, names: Collection[str]) -> Collection[str]:
        """Return those of the tables that the catalogue does not have; none where it cannot be asked."""
        from pyiceberg.catalog import load_catalog
        from pyiceberg.exceptions import NoSuchNamespaceError

        try:
            listed = load_catalog(self.catalog, **self.properties).list_tables(self.namespace)
        except NoSuchNamespaceError:
            return names
        except Exception:  # as in `replace`: the load says what is wrong
            return ()
        return set(names) - {name for *_, name in listed}

    def replace(self, shares: Sequence[Share]) -> Mapping[str, int]:
        """Replace the partitions of a load, one commit a table; see `Warehouse.replace`.

        A load that dies between two tables has replaced the first and not the second: each is whole.
        """
        from pyiceberg.catalog import load_catalog

        try:
            catalog = load_catalog(self.catalog, **self.properties)
            catalog.create_namespace_if_not_exists(self.namespace)
            return {share.table.name: self._replace_share(catalog, share) for share in shares}
        except StorageError:
            raise
        except Exception as error:  # pyiceberg passes on whatever its catalogue and file system raise
            raise StorageError(
                f"{self.label}: the load failed: {type(error).__name__}: {without_secrets(error)}"
            ) from None

    def _replace_share(self, catalog: Any, share: Share) -> int:
        frames = [frame for frame in share.frames() if frame.height]
        data = pl.concat(frames) if frames else pl.DataFrame(schema=polars_schema(share.table))
        arrow = data.to_arrow().cast(arrow_schema(share.table))
        for attempt in range(_TRIES):
            try:
                table = self._table(catalog, share.table)
                with warnings.catch_warnings(), table.transaction() as transaction:
                    # A key that is new there deletes nothing, which pyiceberg finds worth a warning.
                    warnings.simplefilter("ignore")
                    transaction.delete(rows_of(share))
                    if data.height:
                        transaction.append(arrow)
                return data.height
            except Exception as error:
                # Another load committed first: its rows are the table now, ours come after.
                if attempt == _TRIES - 1 or not _is_another_load(error):
                    raise
                time.sleep(_WAIT_SECONDS)
        raise AssertionError  # pragma: no cover

    def _table(self, catalog: Any, wanted: Published) -> Any:
        name = (self.namespace, wanted.name)
        table = catalog.create_table_if_not_exists(
            name, schema=table_schema(wanted), partition_spec=partition_spec(wanted), properties=_NO_RETRIES
        )
        if not _NO_RETRIES.items() <= table.properties.items():
            with table.transaction() as transaction:
                transaction.set_properties(_NO_RETRIES)
        self._check(table, wanted)
        return catalog.load_table(name)

    def _check(self, table: Any, wanted: Published) -> None:
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        there = {one.name: one.type for one in schema_to_pyarrow(table.schema(), include_field_ids=False)}
        new = arrow_schema(wanted)
        for one in new:
            found = there.get(one.name)
            if found is not None and str(found).removeprefix("large_") != str(one.type):
                raise StorageError(
                    f"{self.label}: column {one.name} of {wanted.name} is {found} there and {one.type} here; a"
                    " changed type is not loaded: rename or drop the table, then load all of its days again:"
                    f" {PUBLISH_AGAIN}"
                )
        if set(new.names) - set(there):
            with table.update_schema() as update:
                update.union_by_name(new)


def _is_another_load(error: Exception) -> bool:
    from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError, ValidationException

    # A SQLite catalogue says `database is locked` where another process commits.
    met = CommitFailedException | TableAlreadyExistsError | ValidationException
    return isinstance(error, met) or "locked" in str(error)
