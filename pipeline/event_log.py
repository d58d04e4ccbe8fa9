"""Where Dagster's events are kept: its own SQLite files, in fewer statements and transactions than its own storage.

A partition that is written is two events, and Dagster's storage opens some ten databases for each: of a year of
many accounts keeping the log takes longer than making the tables.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from dagster._core.events import ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool, QueuePool

from pipeline.replacing import temporary_beside

EVENTS_A_BATCH = 500
"""How many events of one kind are stored in one transaction: Dagster hands them over together, where it is asked to."""
_BATCH_SIZE = "DAGSTER_EVENT_BATCH_SIZE"
# An engine holds its files open, and every run has a file of its own: those of runs that have ended are let go.
_OPEN_SHARDS = 8


class EventLog(SqliteEventLogStorage):
    """Dagster's default event log, at its default place below DAGSTER_HOME, with the same files and rows.

    Dagster makes an engine and a connection for each statement, and a transaction for each event; and it goes
    through its migrations for the file of each run. Here an engine is kept a file, the events of a step's
    partitions are stored together, run and index at once, and the file of a run begins as a copy of an empty one.
    The versions are locked, and tests hold that what is stored is what the default stores.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Keep the files below `base_dir`."""
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        self._expected: dict[str, frozenset[str]] = {}
        # Dagster reads this from the environment alone; whoever set it otherwise keeps it.
        os.environ.setdefault(_BATCH_SIZE, str(EVENTS_A_BATCH))
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Return that nothing is to be configured."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "EventLog":
        """Return the log below DAGSTER_HOME, where the default is, too."""
        return cls(str(Path(os.environ["DAGSTER_HOME"], "history", "runs")), inst_data, **config_value)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has that table; a table that is there is not looked for again."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def expect(self, partitions_def_name: str, partition_keys: Iterable[str]) -> None:
        """Take it as known that there are these partitions: a run asks for each of its inputs and outputs anew.

        For whoever registered them, and for as long as that is sure.
        """
        self._expected[partitions_def_name] = frozenset(partition_keys)

    def has_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> bool:
        """Whether there is that partition; one that is expected is not looked for."""
        expected = self._expected.get(partitions_def_name, frozenset())
        return partition_key in expected or super().has_dynamic_partition(partitions_def_name, partition_key)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events in order, those of assets that follow one another in one transaction."""
        for of_assets, some in groupby(events, _is_asset_event):
            batch = list(some)
            if of_assets:
                for _, of_run in groupby(batch, lambda event: event.run_id):
                    self._store_asset_events(list(of_run))
            else:
                super().store_event_batch(batch)

    def _store_asset_events(self, events: Sequence[EventLogEntry]) -> None:
        # What is asked of the index once is asked before its lock is taken.
        rows = [self._event_to_row(event) for event in events]
        insert = SqlEventLogStorageTable.insert()
        with (
            self._db_lock,
            self._opened(events[0].run_id) as run,
            self._opened(INDEX_SHARD_NAME) as index,
        ):
            run.execute(insert, rows)
            numbered = insert.returning(SqlEventLogStorageTable.c.id, sort_by_parameter_order=True)
            ids = list(index.execute(numbered, rows).scalars())
            self._store_asset_event_tags(index, events, ids)
            # An asset's own row holds its last event: of each kind, as each kind fills other columns of it.
            last = {
                (event.dagster_event_type, row["asset_key"]): n
                for n, (event, row) in enumerate(zip(events, rows, strict=True))
            }
            for n in sorted(last.values()):
                self._store_asset_event(index, events[n], ids[n])

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._opened(shard) as connection:
            yield connection

    @contextmanager
    def _opened(self, shard: str) -> Iterator[Connection]:
        """Yield a connection with a transaction; only one of each shard at a time, below `_db_lock`."""
        engine = self._engines.pop(shard, None) or create_engine(
            self.conn_string_for_shard(shard),
            poolclass=QueuePool,
            pool_size=1,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
        )
        # The one used last stands last.
        self._engines[shard] = engine
        if len(self._engines) > _OPEN_SHARDS:
            self._engines.pop(next(iter(self._engines))).dispose()
        if shard not in self._initialized_dbs:
            path = Path(self.path_for_shard(shard))
            if path.exists():
                self._initdb(engine)
            else:
                self._begin(path)
            self._initialized_dbs.add(shard)
        with engine.connect() as connection, connection.begin():
            yield connection

    def _begin(self, path: Path) -> None:
        """Put an empty file of a run in its place, whole; one that another process put there meanwhile stays."""
        temporary = temporary_beside(path)
        try:
            with temporary.open("wb") as file:
                file.write(self._empty)
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(temporary)
        except FileExistsError:
            pass
        finally:
            temporary.unlink(missing_ok=True)

    @property
    def _empty(self) -> bytes:
        """The file of a run without events, as Dagster makes it; the same in every log."""
        if not _EMPTY:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "empty.db")
                self._initdb(create_engine(f"sqlite:///{path}", poolclass=NullPool))
                with closing(sqlite3.connect(path)) as database:
                    _EMPTY.append(database.serialize())
        return _EMPTY[0]


_EMPTY: list[bytes] = []
"""The file of a run without events; nothing before it was needed."""


def _is_asset_event(event: EventLogEntry) -> bool:
    return event.is_dagster_event and event.dagster_event_type in ASSET_EVENTS
