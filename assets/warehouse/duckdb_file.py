"""DuckDB: the warehouse in a file."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from assets.errors import StorageError
from assets.warehouse import sql
from assets.warehouse.contract import Published, Type
from assets.warehouse.loads import Share
from assets.warehouse.redaction import without_secrets

_WAIT_SECONDS = 0.2


class _Session:
    indexed = False
    types: Mapping[Type, str] = {
        "text": "VARCHAR",
        "bigint": "BIGINT",
        "double": "DOUBLE",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP WITH TIME ZONE",
        "json": "JSON",
    }

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._connection.execute(statement, list(values)).fetchall()
        return found

    def append(self, full_name: str, frame: pl.DataFrame, table: Published) -> None:
        self._connection.register("load", frame.to_arrow())
        names = ", ".join(sql.identifier(column.name) for column in table.columns)
        self._connection.execute(f"INSERT INTO {full_name} ({names}) SELECT {names} FROM load")
        self._connection.unregister("load")


@dataclass(frozen=True)
class DuckDbFile:
    """A DuckDB file and a schema in it. One process may write it: others wait, up to `patience` seconds."""

    path: Path
    schema: str
    patience: float = 600.0

    @property
    def label(self) -> str:
        """The file's path."""
        return str(self.path)

    @property
    def identity(self) -> Mapping[str, Any]:
        """The file and the schema."""
        return {"destination": "duckdb", "url": str(self.path), "schema": self.schema}

    def lacks(self, names: Collection[str]) -> Collection[str]:
        """Return those of the tables that the file does not hold; none where it cannot be opened now."""
        import duckdb

        if not self.path.exists():
            return names
        try:
            with duckdb.connect(str(self.path), read_only=True) as connection:
                return set(names) - sql.tables(_Session(connection), self.schema)
        except (duckdb.Error, OSError):
            # Another process writes it, or the load says what is wrong.
            return ()

    def replace(self, shares: Sequence[Share]) -> Mapping[str, int]:
        """Replace the partitions of a load in one transaction; see `Warehouse.replace`."""
        import duckdb

        connection = self._connect()
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.begin()
            counts = sql.replace(_Session(connection), self.schema, shares, self.label)
            connection.commit()
        except duckdb.Error as error:
            raise StorageError(
                f"{self.label}: the load failed, the old rows are there: {without_secrets(error)}"
            ) from None
        finally:
            # What was not committed is rolled back.
            connection.close()
        return counts

    def _connect(self) -> Any:
        import duckdb

        deadline = time.monotonic() + self.patience
        while True:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                return duckdb.connect(str(self.path))
            except (duckdb.Error, OSError) as error:
                if "lock" not in str(error).lower():
                    raise StorageError(f"{self.label}: cannot be opened: {without_secrets(error)}") from None
                if time.monotonic() > deadline:
                    raise StorageError(
                        f"{self.label}: another process has had it open for {self.patience:.0f} s; close it there,"
                        " then publish again"
                    ) from None
                time.sleep(_WAIT_SECONDS)
