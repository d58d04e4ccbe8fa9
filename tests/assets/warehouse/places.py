"""Warehouses of each kind for the tests, and how their rows are read back."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from assets.warehouse.contract import Published
from assets.warehouse.duckdb_file import DuckDbFile
from assets.warehouse.files import Files, polars_schema
from assets.warehouse.iceberg import Iceberg
from assets.warehouse.loads import Warehouse
from assets.warehouse.postgres import Postgres
from assets.warehouse.through_dlt import ThroughDlt

SCHEMA = "cloudtracker"
KINDS = ("duckdb", "postgres", "dlt", "iceberg", "files")


@dataclass(frozen=True)
class Place:
    """A warehouse, and what it holds of a table: columns of the table, sorted by all of them."""

    warehouse: Warehouse
    rows: Callable[[Published], pl.DataFrame]


def place(kind: str, folder: Path, dsn: str, patience: float = 5) -> Place:
    """Return an empty warehouse of that kind; `dsn` is a database of its own for PostgreSQL."""
    if kind == "duckdb":
        path = folder / "warehouse.duckdb"
        return Place(DuckDbFile(path, SCHEMA, patience), lambda table: _duckdb(path, table))
    if kind == "postgres":
        return Place(Postgres(dsn, SCHEMA), lambda table: _postgres(dsn, table))
    if kind == "dlt":
        path = folder / "dlt.duckdb"
        made = ThroughDlt("duckdb", SCHEMA, {"credentials": str(path)})
        return Place(made, lambda table: _duckdb(path, table))
    if kind == "iceberg":
        properties = {
            "type": "sql",
            "uri": f"sqlite:///{folder}/catalog.db",
            "warehouse": f"file://{folder}/ice",
        }
        return Place(Iceberg("tests", SCHEMA, properties), lambda table: _iceberg(properties, table))
    return Place(Files(str(folder / "files")), lambda table: _files(folder / "files", table))


def in_order(frame: pl.DataFrame, table: Published) -> pl.DataFrame:
    """Return the table's columns, JSON without spaces, sorted by all of them."""
    json_columns = [column.name for column in table.columns if column.type == "json"]
    frame = frame.select(column.name for column in table.columns).with_columns(
        pl.col(name).map_elements(_compact, return_dtype=pl.String) for name in json_columns
    )
    return frame.cast(polars_schema(table)).sort(pl.all())  # type: ignore[arg-type]


def _compact(text: str) -> str:
    return json.dumps(json.loads(text))


def _duckdb(path: Path, table: Published) -> pl.DataFrame:
    import duckdb

    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        arrow = connection.sql(f"SELECT * FROM {SCHEMA}.{table.name}").to_arrow_table()
    return in_order(pl.DataFrame(arrow), table)


def _postgres(dsn: str, table: Published) -> pl.DataFrame:
    with _cursor(dsn) as cursor:
        names = ", ".join(
            f"{column.name}::text" if column.type == "json" else column.name for column in table.columns
        )
        cursor.execute(f"SELECT {names} FROM {SCHEMA}.{table.name}")
        return in_order(pl.DataFrame(cursor.fetchall(), schema=polars_schema(table), orient="row"), table)


@contextmanager
def _cursor(dsn: str) -> Iterator[Any]:
    import psycopg2

    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            yield cursor
    finally:
        connection.close()


def _iceberg(properties: dict[str, str], table: Published) -> pl.DataFrame:
    from pyiceberg.catalog import load_catalog

    found = load_catalog("tests", **properties).load_table((SCHEMA, table.name))
    return in_order(pl.scan_iceberg(found).collect(), table)


def _files(root: Path, table: Published) -> pl.DataFrame:
    return in_order(pl.read_parquet(f"{root}/{table.name}/**/*.parquet", hive_partitioning=False), table)
