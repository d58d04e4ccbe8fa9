"""The SQL that DuckDB and PostgreSQL have in common: a load is one transaction."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import polars as pl

from assets.errors import StorageError
from assets.warehouse.contract import Column, Published, Type
from assets.warehouse.loads import PUBLISH_AGAIN, Share

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Session(Protocol):
    """An open transaction of one engine."""

    types: Mapping[Type, str]
    """The engine's own name of each type, as its information_schema spells it."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement with `?` for its values; return its rows, none where it has none."""
        ...

    indexed: bool
    """Whether an index on the partition's columns makes its replacement quicker."""

    def append(self, full_name: str, frame: pl.DataFrame, table: Published) -> None:
        """Append a frame with the table's columns."""
        ...


def identifier(name: str) -> str:
    """Return the name in quotes: `group` is a column, too. Raises `StorageError` for what is no plain name."""
    if not _NAME.fullmatch(name):
        raise StorageError(f"{name!r} is no name for a warehouse: small letters, digits and _, at most 63")
    return f'"{name}"'


def tables(session: Session, schema: str) -> set[str]:
    """Return the names of the tables in a schema; none where there is no such schema."""
    asked = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"
    return {name for (name,) in session.run(asked, (schema,))}


def replace(session: Session, schema: str, shares: Sequence[Share], label: str) -> dict[str, int]:
    """Replace the partitions of every share within the session's transaction; return rows by table."""
    session.run(f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}")
    return {share.table.name: _replace_share(session, schema, share, label) for share in shares}


def _replace_share(session: Session, schema: str, share: Share, label: str) -> int:
    table = share.table
    full = f"{identifier(schema)}.{identifier(table.name)}"
    _ensure(session, schema, table, label)
    where = " AND ".join(f"{identifier(column)} = ?" for column in table.partition) or "TRUE"
    for key in share.keys:
        session.run(f"DELETE FROM {full} WHERE {where}", key)
    count = 0
    for frame in share.frames():
        session.append(full, frame, table)
        count += frame.height
    return count


def _ensure(session: Session, schema: str, table: Published, label: str) -> None:
    """Make the table where it is missing, add the columns that it lacks, refuse those of another type."""
    full = f"{identifier(schema)}.{identifier(table.name)}"
    there = dict(
        session.run(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = ? AND table_name = ?",
            (schema, table.name),
        )
    )
    if not there:
        columns = ", ".join(_definition(session, column) for column in table.columns)
        session.run(f"CREATE TABLE {full} ({columns})")
        if table.partition and session.indexed:
            cut = ", ".join(identifier(column) for column in table.partition)
            session.run(f"CREATE INDEX {identifier(f'{table.name}_partition')} ON {full} ({cut})")
        return
    for column in table.columns:
        wanted = session.types[column.type]
        found = there.get(column.name)
        if found is None:
            session.run(f"ALTER TABLE {full} ADD COLUMN {_definition(session, column)}")
        elif found.lower() != wanted.lower():
            raise StorageError(
                f"{label}: column {column.name} of {full} is {found} there and {wanted} here; a changed type is not"
                f" loaded: rename or drop {full}, then load all of its days again: {PUBLISH_AGAIN}"
            )


def _definition(session: Session, column: Column) -> str:
    return f"{identifier(column.name)} {session.types[column.type]}"
