"""What the configuration says about the warehouse: the key `warehouse`. Secrets do not belong here."""

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args

import msgspec

from assets.errors import ConfigError
from assets.warehouse.redaction import SECRET_NAME

PUBLISHED = (
    "cloudtrail_usage",
    "log_coverage",
    "expanded_grants",
    "grant_sources",
    "grant_uses",
    "role_sessions",
    "principal_diffs",
    "permission_trends",
    "account_trends",
    "permission_changes",
    "permission_history",
)
"""The tables that are published where the configuration names none."""

Destination = Literal[
    "duckdb", "postgres", "snowflake", "bigquery", "redshift", "databricks", "files", "iceberg"
]
DESTINATIONS: tuple[str, ...] = get_args(Destination)
_SECRET = re.compile(
    r"(password|passwd|pwd|secret|token|access_?key)\s*=|(AKIA|ASIA)[A-Z0-9]{16}|://[^/@\s]*:[^/@\s]+@|-----BEGIN",
    re.IGNORECASE,
)


class WarehouseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where tables are published to, and which.

    `url`: DuckDB's file, PostgreSQL's connection string, the directory or s3:// prefix of files; `dataset`: the
    schema, dataset or namespace; `catalog` and `options`: pyiceberg's catalogue, or what dlt's destination takes.
    """

    destination: Destination = "duckdb"
    url: str = ""
    dataset: str = "cloudtracker"
    tables: tuple[str, ...] = PUBLISHED
    catalog: str = "cloudtracker"
    options: dict[str, Any] = {}


def check_warehouse(warehouse: WarehouseSettings, path: str) -> None:
    """Raise `ConfigError` for a missing url or one that is not written to, a name that nothing has, or a secret."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", warehouse.dataset):
        raise ConfigError(
            f"{path}: key 'warehouse.dataset': {warehouse.dataset!r} is no name of small letters, digits and _"
        )
    if warehouse.destination in ("postgres", "files") and not warehouse.url:
        raise ConfigError(f"{path}: key 'warehouse.url': {warehouse.destination} needs one")
    if not warehouse.tables:
        raise ConfigError(
            f"{path}: key 'warehouse.tables': [] names no table; leave it out for the usual ones"
        )
    _check_tables(warehouse.tables, path)
    held = (("url", warehouse.url), ("catalog", warehouse.catalog), *_texts(warehouse.options, "options"))
    for place, value in held:
        if SECRET_NAME.search(place) or _SECRET.search(value):
            # The value is not repeated: this error may end in a log.
            raise ConfigError(
                f"{path}: key 'warehouse.{place}': holds a secret, which does not belong into this file; use"
                " PGPASSWORD or ~/.pgpass (PostgreSQL), DESTINATION__... variables or dlt's secrets.toml, or"
                " PYICEBERG_CATALOG__... (Iceberg), and AWS's own variables and profiles (S3)"
            )
    _check_url(warehouse, path)


def _check_url(warehouse: WarehouseSettings, path: str) -> None:
    """Refuse a URL that would be taken for the name of a local directory."""
    scheme, is_url, _ = warehouse.url.partition("://")
    files = warehouse.destination == "files"
    if not is_url or warehouse.destination not in ("files", "duckdb") or (files and scheme.lower() == "s3"):
        return
    takes = "a directory or s3://bucket/prefix" if files else "a file"
    raise ConfigError(
        f"{path}: key 'warehouse.url': {warehouse.url!r}: {warehouse.destination} takes {takes};"
        " for what lies elsewhere name where it is mounted, or another destination"
    )


def _check_tables(tables: tuple[str, ...], path: str) -> None:
    if tables == PUBLISHED:
        return
    from pipeline.offered_tables import OFFERED

    for name in tables:
        if name not in OFFERED:
            raise ConfigError(
                f"{path}: key 'warehouse.tables': {name!r} is no table that can be published"
                f" (there are: {', '.join(OFFERED)})"
            )
    twice = sorted({name for name in tables if tables.count(name) > 1})
    if twice:
        raise ConfigError(f"{path}: key 'warehouse.tables': {twice[0]!r} stands there twice")


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{place}[{number}]")
    else:
        yield place, str(value)
