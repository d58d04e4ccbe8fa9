"""DuckDB as SQLAlchemy's dialect, as far as Great Expectations asks: it sends selects and reads rows.

Every statement stands by itself: with transactions, giving a connection back would undo the views on it.
"""

from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.pool import StaticPool


class _Connection:
    """A DuckDB connection with the methods of the DB API that SQLAlchemy calls."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def cursor(self) -> Any:
        """Return a cursor on this very connection: DuckDB's own `cursor` would see no temporary views."""
        return self._connection.cursor()

    def commit(self) -> None:
        """Do nothing: every statement is committed as it is run."""

    def rollback(self) -> None:
        """Do nothing, likewise."""

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


class _Api:
    """The module that a dialect expects: DuckDB's, with connections as above."""

    paramstyle = "qmark"

    def __init__(self, duckdb: Any) -> None:
        self.Error = duckdb.Error

    def connect(self, database: str) -> _Connection:
        import duckdb

        return _Connection(duckdb.connect(database))


class DuckDBDialect(DefaultDialect):
    """`duckdb:///:memory:`, one connection for all who ask."""

    name = "duckdb"
    driver = "duckdb"
    supports_statement_cache = False
    supports_native_boolean = True

    @classmethod
    def import_dbapi(cls) -> Any:
        """Return what stands for the DB API."""
        import duckdb

        return _Api(duckdb)

    @classmethod
    def get_pool_class(cls, url: Any) -> Any:  # noqa: ARG003
        """Return the pool of one connection."""
        return StaticPool

    def create_connect_args(self, url: Any) -> tuple[list[Any], dict[str, Any]]:
        """Return what `connect` is called with."""
        return [], {"database": url.database or ":memory:"}

    def initialize(self, connection: Connection) -> None:
        """Ask the database for nothing."""
