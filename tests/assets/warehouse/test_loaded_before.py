"""What counts as loaded already: of this place, of this schema in it, and only while it is there."""

import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from assets.errors import StorageError
from assets.partitions import Partition
from assets.warehouse.duckdb_file import DuckDbFile
from assets.warehouse.files import Files
from assets.warehouse.iceberg import Iceberg
from assets.warehouse.loads import Share, Warehouse
from assets.warehouse.postgres import Postgres
from assets.warehouse.redaction import public
from assets.warehouse.through_dlt import ThroughDlt
from pipeline.lake import Lake
from pipeline.publishing import Publisher
from pipeline.tables import TABLES
from tests.assets.warehouse.places import SCHEMA, place
from tests.build import ACCOUNT
from tests.conftest import Account, Ask

TABLE = "log_coverage"
OLD, NEW = (Partition(date(2026, 6, day), ACCOUNT) for day in (1, 30))
SECRETS = ("correct-horse-battery", "another")


@pytest.fixture
def lake(account: Account) -> Lake:
    """A lake that holds an old day and today."""
    made = Lake(account.root)
    for day in (OLD, NEW):
        made.write(TABLE, pl.DataFrame(schema=TABLES[TABLE].schema), day)
    return made


def _publish(account: Account, ask: Ask, **warehouse: Any) -> str:
    account.configure(warehouse={"tables": [TABLE], **warehouse})
    answer = ask("publish")
    assert answer.code == 0, answer.err
    return answer.lines[0].rpartition(": ")[2]


def _to_publish(publisher: Publisher) -> list[date]:
    return [one.day for one in publisher.to_publish({ACCOUNT: [NEW.day]})]


NOTHING, TODAY = "0 of 5 days and accounts loaded", "1 of 5 days and accounts loaded"


def test_another_schema_of_the_same_file_has_been_told_nothing(
    lake: Lake, account: Account, ask: Ask
) -> None:
    assert _publish(account, ask, url="here.duckdb", dataset="one") == TODAY
    assert _publish(account, ask, url="here.duckdb", dataset="two") == TODAY
    assert _publish(account, ask, url="here.duckdb", dataset="one") == NOTHING
    assert _publish(account, ask, url="there.duckdb", dataset="one") == TODAY
    with duckdb.connect(str(account.folder / "here.duckdb"), read_only=True) as connection:
        found = connection.sql("SELECT table_schema FROM information_schema.tables ORDER BY 1").fetchall()
    assert found == [("one",), ("two",)]


def test_where_nothing_is_loaded_the_flag_that_loads_it_is_named(
    lake: Lake, account: Account, ask: Ask
) -> None:
    _publish(account, ask)
    assert "--everything loads all" in ask("publish").lines[1]


@pytest.mark.parametrize("place", [{"url": "here.duckdb"}, {"destination": "files", "url": "here"}])
def test_what_was_deleted_is_loaded_again(
    lake: Lake, account: Account, ask: Ask, place: dict[str, str]
) -> None:
    assert [_publish(account, ask, **place) for _ in range(2)] == [TODAY, NOTHING]
    (account.folder / place["url"]).rename(account.folder / "away")
    assert [_publish(account, ask, **place) for _ in range(2)] == [TODAY, NOTHING]


@dataclass(frozen=True)
class _Dying(DuckDbFile):
    def replace(self, shares: Sequence[Share]) -> Mapping[str, int]:  # noqa: ARG002
        self.path.touch()
        raise StorageError("out of room")


def test_a_load_that_dies_after_the_file_was_deleted_leaves_it_to_be_loaded(lake: Lake) -> None:
    path = lake.root / "here.duckdb"
    publisher = Publisher(lake, DuckDbFile(path, "one"), (TABLE,))
    publisher.publish([OLD, NEW])
    assert _to_publish(publisher) == []
    path.unlink()
    with pytest.raises(StorageError, match="out of room"):
        Publisher(lake, _Dying(path, "one"), (TABLE,)).publish([NEW])
    # Days that were published before, too.
    path.unlink()
    assert _to_publish(publisher) == [OLD.day, NEW.day]
    publisher.publish([NEW])
    assert _to_publish(publisher) == [OLD.day]


def _dropped(kind: str, folder: Path, dsn: str) -> None:
    if kind == "files":
        (folder / "files" / TABLE).rename(folder / "away")
    elif kind == "iceberg":
        from pyiceberg.catalog import load_catalog

        load_catalog("tests", type="sql", uri=f"sqlite:///{folder}/catalog.db").drop_table((SCHEMA, TABLE))
    elif kind == "postgres":
        import psycopg2

        with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {SCHEMA}.{TABLE}")
        connection.close()
    else:
        with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
            connection.execute(f"DROP TABLE {SCHEMA}.{TABLE}")


@pytest.mark.parametrize("kind", ["duckdb", "postgres", "iceberg", "files"])
def test_a_table_that_was_dropped_is_loaded_again_and_no_other(lake: Lake, dsn: str, kind: str) -> None:
    other = "rejected_records"
    for day in (OLD, NEW):
        lake.write(other, pl.DataFrame(schema=TABLES[other].schema), day)
    publisher = Publisher(lake, place(kind, lake.root, dsn).warehouse, (TABLE, other))
    publisher.publish([OLD, NEW])
    assert _to_publish(publisher) == []
    _dropped(kind, lake.root, dsn)
    assert publisher.warehouse.lacks([TABLE, other]) == {TABLE} or kind == "files"
    assert _to_publish(publisher) == [OLD.day, NEW.day]
    publisher.publish([NEW])
    assert _to_publish(publisher) == [OLD.day]
    publisher.publish([OLD])
    assert _to_publish(publisher) == []


def test_of_a_place_that_cannot_be_asked_nothing_is_said_to_be_gone(tmp_path: Path) -> None:
    names = [TABLE]
    assert not Postgres("host=/nowhere dbname=x connect_timeout=1", "s").lacks(names)
    (tmp_path / "no.duckdb").write_bytes(b"no database at all")
    assert not DuckDbFile(tmp_path / "no.duckdb", "s").lacks(names)
    broken = {"type": "sql", "uri": f"sqlite:///{tmp_path}/nowhere/catalog.db", "warehouse": str(tmp_path)}
    assert not Iceberg("tests", "s", broken).lacks(names)
    assert not ThroughDlt("duckdb", "s").lacks(names)
    assert not Files("s3://bucket/prefix").lacks(names)


def test_what_an_earlier_version_noted_is_loaded_once_more(lake: Lake) -> None:
    publisher = Publisher(lake, DuckDbFile(lake.root / "here.duckdb", "one"), (TABLE,))
    publisher.publish([OLD, NEW])
    [note] = (lake.root / ".published").glob("*.json")
    # Its file was called after the label, which says nothing of the schema.
    word = blake2b(publisher.warehouse.label.encode(), digest_size=8).hexdigest()
    earlier = note.rename(note.with_name(f"{word}.json"))
    assert _to_publish(publisher) == [OLD.day, NEW.day]
    assert earlier.exists()
    publisher.publish([NEW])
    assert _to_publish(publisher) == [OLD.day]
    publisher.publish([OLD])
    assert _to_publish(publisher) == []
    assert list((lake.root / ".published").glob("*.json")) == [note]


def _note(root: Path, warehouse: Warehouse) -> str:
    """Return the name of the file that says what the warehouse was told."""
    publisher = Publisher(Lake(root), warehouse, (TABLE,))
    publisher.publish([])
    [note] = (root / ".published").glob("*.json")
    assert note.read_text() == "{}"
    note.unlink()
    return note.name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (DuckDbFile(Path("/x"), "a"), DuckDbFile(Path("/x"), "b")),
        (DuckDbFile(Path("/x"), "a"), DuckDbFile(Path("/y"), "a")),
        (Postgres("host=h dbname=d", "a"), Postgres("host=h dbname=d", "b")),
        (Postgres("host=h dbname=d", "a"), Postgres("host=h dbname=e", "a")),
        (Iceberg("c", "n", {"uri": "sqlite:///a"}), Iceberg("c", "n", {"uri": "sqlite:///b"})),
        (Iceberg("c", "n"), Iceberg("d", "n")),
        (Iceberg("c", "n"), Iceberg("c", "m")),
        (ThroughDlt("snowflake", "d", {"database": "a"}), ThroughDlt("snowflake", "d", {"database": "b"})),
        (ThroughDlt("snowflake", "d"), ThroughDlt("redshift", "d")),
        (ThroughDlt("snowflake", "d"), ThroughDlt("snowflake", "e")),
        (Files("/x"), DuckDbFile(Path("/x"), "a")),
        (Files("s3://b/x"), Files("s3://b/y")),
    ],
)
def test_places_that_differ_have_notes_of_their_own(tmp_path: Path, one: Warehouse, other: Warehouse) -> None:
    assert _note(tmp_path, one) != _note(tmp_path, other)
    assert _note(tmp_path, one) == _note(tmp_path, one)


@pytest.mark.parametrize(
    "places",
    [
        [Postgres(f"postgresql://me:{word}@db/x", "a") for word in SECRETS],
        [Postgres(f"host=db password='{word}' dbname=x", "a") for word in SECRETS],
        [Iceberg("c", "n", {"uri": "http://x", "s3.secret-access-key": word}) for word in SECRETS],
        [Iceberg("c", "n", {"uri": f"postgresql://me:{word}@db/x"}) for word in SECRETS],
        [ThroughDlt("snowflake", "d", {"credentials": {"host": word}}) for word in SECRETS],
        [ThroughDlt("snowflake", "d", {"more": [{"private_key": word}]}) for word in SECRETS],
    ],
)
def test_a_secret_is_no_part_of_it(tmp_path: Path, places: list[Warehouse]) -> None:
    assert len({_note(tmp_path, one) for one in places}) == 1
    assert not [word for one in places for word in SECRETS if word in str(public(one.identity))]


def test_what_the_environment_holds_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = Postgres("host=h dbname=security", "a")
    before = _note(tmp_path, there)
    monkeypatch.setenv("PGPASSWORD", "security")
    assert _note(tmp_path, there) == before


def test_a_server_that_does_not_answer_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assets.warehouse.postgres._PATIENCE_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        postgres = Postgres(f"host=127.0.0.1 port={silent.getsockname()[1]} dbname=x user=x", "s")
        began = time.monotonic()
        assert not postgres.lacks([TABLE])
        with pytest.raises(StorageError, match="cannot be reached: .*timeout expired"):
            postgres.replace([])
        assert time.monotonic() - began < 15
