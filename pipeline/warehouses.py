"""The warehouse that a configuration names."""

from pathlib import Path

from assets.errors import ConfigError
from assets.warehouse.loads import Warehouse
from pipeline.settings import Settings


def warehouse_of(settings: Settings) -> Warehouse:
    """Return the configured warehouse. Raises `ConfigError` where there is none."""
    wanted = settings.warehouse
    if wanted is None:
        raise ConfigError(f"{settings.file}: key 'warehouse' is missing; for a DuckDB file: warehouse: {{}}")
    if wanted.destination == "duckdb":
        from assets.warehouse.duckdb_file import DuckDbFile

        path = Path(wanted.url or settings.root / "warehouse.duckdb").expanduser()
        return DuckDbFile(path if path.is_absolute() else settings.folder / path, wanted.dataset)
    if wanted.destination == "postgres":
        from assets.warehouse.postgres import Postgres

        return Postgres(wanted.url, wanted.dataset)
    if wanted.destination == "files":
        from assets.warehouse.files import Files

        local = "://" not in wanted.url
        return Files(str(settings.folder / Path(wanted.url).expanduser()) if local else wanted.url)
    if wanted.destination == "iceberg":
        from assets.warehouse.iceberg import Iceberg

        return Iceberg(wanted.catalog, wanted.dataset, wanted.options)
    from assets.warehouse.through_dlt import ThroughDlt

    return ThroughDlt(wanted.destination, wanted.dataset, wanted.options)
