"""What Athena does with a statement, done by DuckDB over the objects of a (moto) S3.

A table is what its DDL says: column names and struct fields without regard to case as the JsonSerDe reads them,
objects where a STRING column is declared as their JSON text, partitions projected from the template. What is
not declared is not there. Queries are translated by sqlglot from Athena's SQL.
"""

import gzip
import json
import re
import tempfile
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

Rows = list[list[str | None]]


class QueryError(Exception):
    """The query fails, for the reason that AWS would give."""


@dataclass
class Outcome:
    """What a statement gave."""

    columns: list[str] = field(default_factory=list)
    rows: Rows = field(default_factory=list)
    scanned: int = 0
    manifest: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """A table as its CREATE statement declares it."""

    columns: dict[str, exp.DataType]
    partitions: list[str]
    properties: dict[str, str]


class Engine:
    """Databases, tables and queries over one S3. Files whose name holds `blind_to` are passed over in silence."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3
        self.databases: set[str] = {"default"}
        self.tables: dict[tuple[str, str], Table] = {}
        self.blind_to = ""

    def run(self, sql: str, database: str) -> Outcome:
        """Run a statement in a database."""
        text = sql.strip()
        for pattern, action in (
            (r"CREATE DATABASE IF NOT EXISTS `(\w+)`", lambda m: self.databases.add(m[1])),
            (r"DROP DATABASE IF EXISTS `(\w+)`$", lambda m: self._drop_database(m[1])),
            (r"DROP TABLE IF EXISTS `(\w+)`\.`(\w+)`$", lambda m: self.tables.pop((m[1], m[2]), None)),
        ):
            match = re.match(pattern, text)
            if match:
                action(match)
                return Outcome()
        shown = re.fullmatch(r"SHOW TABLES IN `(\w+)` '([\w*]+)'", text)
        if shown:
            return self._show_tables(shown[1], shown[2])
        liked = re.fullmatch(r"SHOW DATABASES LIKE '(\w+)'", text)
        if liked:
            return Outcome(["database_name"], [[name] for name in sorted(self.databases & {liked[1]})])
        if text.startswith("CREATE EXTERNAL TABLE"):
            self._create(text)
            return Outcome()
        unload = re.fullmatch(r"UNLOAD \((.*)\)\s*TO '(s3://[^']+)'\s*WITH \((.*)\)", text, re.DOTALL)
        if not unload:
            raise QueryError(f"FAILED: SemanticException unknown statement {text[:80]}")
        assert "'PARQUET'" in unload[3]
        return self._unload(unload[1], unload[2], database)

    def _show_tables(self, database: str, pattern: str) -> Outcome:
        if database not in self.databases:
            raise QueryError(f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}")
        wanted = re.compile(pattern.replace("*", ".*"))
        names = sorted(name for owner, name in self.tables if owner == database and wanted.fullmatch(name))
        return Outcome(["tab_name"], [[name] for name in names])

    def _drop_database(self, name: str) -> None:
        if any(database == name for database, _ in self.tables):
            raise QueryError(
                f"FAILED: Execution Error. InvalidOperationException(message:Database {name} is not empty"
            )
        self.databases.discard(name)

    def _create(self, text: str) -> None:
        tree = sqlglot.parse_one(text, read="athena")
        database, name = tree.this.this.db, tree.this.this.name
        if database not in self.databases:
            raise QueryError(f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}")
        assert "org.apache.hive.hcatalog.data.JsonSerDe" in text
        assert "com.amazon.emr.cloudtrail.CloudTrailInputFormat" in text
        properties = dict(re.findall(r"'([\w.]+)'='([^']*)'", text))
        assert properties["projection.enabled"] == "true"
        columns = {column.name: column.kind for column in tree.this.expressions}
        partitions = re.findall(r"`(\w+)` STRING", text.partition("PARTITIONED BY")[2].partition("\n")[0])
        self.tables.setdefault((database, name), Table(columns, partitions, properties))

    def _unload(self, sql: str, target: str, database: str) -> Outcome:
        tree = sqlglot.parse_one(sql, read="athena")
        names = {cte.alias for cte in tree.find_all(exp.CTE)}
        (source,) = [one for one in tree.find_all(exp.Table) if one.name not in names]
        table = self.tables.get((source.db or database, source.name))
        if table is None:
            raise QueryError(
                f"TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{source.db}.{source.name}' not found"
            )
        select = source.find_ancestor(exp.Select)
        assert select is not None
        outcome = Outcome()
        with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
            self._load(connection, table, select.args["where"].this, Path(folder), outcome)
            source.replace(exp.table_("log_records"))
            out = Path(folder) / "out.parquet"
            try:
                connection.execute(f"CREATE TABLE answer AS {tree.sql('duckdb')}")
                connection.execute(f"COPY answer TO '{out}' (FORMAT parquet)")
            except duckdb.Error as error:
                raise QueryError(f"SYNTAX_ERROR: {error}") from error
            counted = connection.execute("SELECT count(*) FROM answer").fetchone()
            if counted and counted[0]:
                bucket, key = _split(f"{target}{uuid.uuid4()}")
                self.s3.put_object(Bucket=bucket, Key=key, Body=out.read_bytes())
                outcome.manifest.append(f"s3://{bucket}/{key}")
        return outcome

    def _load(
        self, connection: Any, table: Table, where: exp.Expression, folder: Path, outcome: Outcome
    ) -> None:
        file = folder / "records.json"
        read = _fields({name: _reader(kind) for name, kind in table.columns.items()})
        left_out = _values(where, "$path", negated=True) or set()
        with file.open("w", encoding="utf-8") as out:
            for partition in self._projected(table, where):
                location = table.properties["storage.location.template"]
                for name, value in partition.items():
                    location = location.replace(f"${{{name}}}", value)
                for path, data in self._objects(location.rstrip("/") + "/"):
                    if path in left_out or (self.blind_to and self.blind_to in path):
                        continue
                    if not data:
                        # There is no split for an object without bytes.
                        continue
                    outcome.scanned += len(data)
                    for record in _records(path, data):
                        out.write(json.dumps({**read(record), **partition, "$path": path}) + "\n")
        kinds = {name: kind.sql("duckdb") for name, kind in table.columns.items()}
        kinds |= dict.fromkeys([*table.partitions, "$path"], "TEXT")
        declared = ", ".join(f"'{name}': '{kind}'" for name, kind in kinds.items())
        connection.execute(
            f"CREATE TABLE log_records AS SELECT * FROM read_json('{file}', format='newline_delimited',"
            f" maximum_object_size=100000000, columns={{{declared}}})"
        )

    def _projected(self, table: Table, where: exp.Expression) -> list[dict[str, str]]:
        found: list[dict[str, str]] = [{}]
        for name in table.partitions:
            values = _values(where, name)
            if values is None:
                # Athena says so of injected columns; the engine wants it of all, so that nothing is scanned in vain.
                raise QueryError(
                    f"CONSTRAINT_VIOLATION: For the injected projected partition column {name}, the WHERE clause must"
                    " contain only static equality conditions, and at least one such condition must be present."
                )
            found = [{**one, name: value} for one in found for value in sorted(values)]
        return found

    def _objects(self, location: str) -> list[tuple[str, bytes]]:
        bucket, prefix = _split(location)
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return [
            (f"s3://{bucket}/{key}", self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            for key in sorted(keys)
        ]


def _split(place: str) -> tuple[str, str]:
    bucket, _, key = place.removeprefix("s3://").partition("/")
    return bucket, key


def _values(where: exp.Expression, column: str, negated: bool = False) -> set[str] | None:
    for test in where.find_all(exp.In):
        same = isinstance(test.this, exp.Column) and test.this.name == column
        if same and isinstance(test.parent, exp.Not) is negated:
            return {literal.name for literal in test.expressions}
    return None


def _records(path: str, data: bytes) -> list[Any]:
    try:
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        found = json.loads(text)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise QueryError(f"HIVE_CURSOR_ERROR: Failed to read file at {path}: {error}") from error
    records = found.get("Records") if isinstance(found, dict) else None
    return [one for one in records if isinstance(one, dict)] if isinstance(records, list) else []


def _reader(kind: exp.DataType) -> Callable[[Any], Any]:
    """Return what reads a value as the JsonSerDe does: anything as text where text is wanted."""
    if kind.is_type("struct"):
        return _fields({part.name: _reader(part.kind) for part in kind.expressions})
    if kind.is_type("array"):
        each = _reader(kind.expressions[0])
        return lambda value: [each(inner) for inner in value] if isinstance(value, list) else None
    if kind.is_type("map"):
        return lambda value: (
            {key: _text(inner) for key, inner in value.items()} if isinstance(value, dict) else None
        )
    return _text


def _fields(readers: dict[str, Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Return what reads an object's fields, without regard to case; what is no object is nothing."""

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            return None
        lower = {key.lower(): inner for key, inner in value.items()}
        return {name: reader(lower.get(name)) for name, reader in readers.items()}

    return read


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, separators=(",", ":"))
