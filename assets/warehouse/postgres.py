"""PostgreSQL: loads by COPY, a transaction each."""

import io
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.errors import StorageError
from assets.warehouse import sql
from assets.warehouse.contract import Published, Type
from assets.warehouse.loads import Share
from assets.warehouse.redaction import without_secrets

_ROWS_A_COPY = 100_000
_PATIENCE_SECONDS = 30


class _Session:
    indexed = True
    types: Mapping[Type, str] = {
        "text": "text",
        "bigint": "bigint",
        "double": "double precision",
        "boolean": "boolean",
        "date": "date",
        "timestamp": "timestamp with time zone",
        "json": "jsonb",
    }

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self._cursor.execute(statement.replace("?", "%s"), tuple(values))
        return self._cursor.fetchall() if self._cursor.description else []

    def append(self, full_name: str, frame: pl.DataFrame, table: Published) -> None:
        names = ", ".join(sql.identifier(column.name) for column in table.columns)
        for part in frame.select(column.name for column in table.columns).iter_slices(_ROWS_A_COPY):
            buffer = io.BytesIO()
            # Text is quoted and null is not, so that "" and \N in a text are themselves.
            _storable(part, table).write_csv(
                buffer, include_header=False, null_value="\\N", quote_style="non_numeric"
            )
            buffer.seek(0)
            self._cursor.copy_expert(
                f"COPY {full_name} ({names}) FROM STDIN WITH (FORMAT csv, NULL '\\N')", buffer
            )


def _connected(dsn: str) -> Any:
    import psycopg2
    from psycopg2.extensions import parse_dsn

    # A server that swallows what is sent to it would be waited for as long as the system does, minutes.
    told = "connect_timeout" in parse_dsn(dsn) or "PGCONNECT_TIMEOUT" in os.environ
    return psycopg2.connect(dsn) if told else psycopg2.connect(dsn, connect_timeout=_PATIENCE_SECONDS)


def _storable(frame: pl.DataFrame, table: Published) -> pl.DataFrame:
    """PostgreSQL stores no NUL, neither in text nor in JSON: U+FFFD stands for it."""
    encoded = {"text": ("\0", "\ufffd"), "json": ("\\u0000", "\\ufffd")}
    return frame.with_columns(
        pl.col(column.name).str.replace_all(*encoded[column.type], literal=True)
        for column in table.columns
        if column.type in encoded
    )


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL database and a schema in it.

    `dsn` is libpq's connection string or URL; what it leaves out (the password above all) comes from libpq's own
    environment variables and files: PGPASSWORD, PGPASSFILE, PGSERVICE.
    """

    dsn: str
    schema: str

    @property
    def label(self) -> str:
        """The connection string without a password."""
        return f"PostgreSQL {without_secrets(self.dsn)}"

    @property
    def identity(self) -> Mapping[str, Any]:
        """The connection string and the schema."""
        return {"destination": "postgres", "url": self.dsn, "schema": self.schema}

    def lacks(self, names: Collection[str]) -> Collection[str]:
        """Return those of the tables that are not in the schema; none where the server cannot be asked."""
        import psycopg2

        try:
            connection = _connected(self.dsn)
        except psycopg2.Error:
            # The load says what is wrong.
            return ()
        try:
            with connection, connection.cursor() as cursor:
                return set(names) - sql.tables(_Session(cursor), self.schema)
        except psycopg2.Error:
            return ()
        finally:
            connection.close()

    def replace(self, shares: Sequence[Share]) -> Mapping[str, int]:
        """Replace the partitions of a load in one transaction; see `Warehouse.replace`."""
        import psycopg2

        try:
            connection = _connected(self.dsn)
        except psycopg2.Error as error:
            raise StorageError(f"{self.label}: cannot be reached: {without_secrets(error)}") from None
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("SET LOCAL TIME ZONE 'UTC'")
                # Held until the transaction ends: a second load waits here, then sees the first one's rows.
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"cloudtracker {self.schema}",))
                return sql.replace(_Session(cursor), self.schema, shares, self.label)
        except psycopg2.Error as error:
            raise StorageError(
                f"{self.label}: the load failed, the old rows are there: {without_secrets(error)}"
            ) from None
        finally:
            connection.close()
