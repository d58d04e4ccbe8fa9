import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from multiprocessing import Pipe
from pathlib import Path

import polars as pl
import pytest

from assets.cloudtrail_usage.athena.client import QueryError
from assets.errors import CloudTrackerError, InputError, RunError, StorageError
from assets.partitions import Partition
from pipeline import account_process
from pipeline.account_process import FAILED, Errand, plain, work
from pipeline.lake import Lake
from pipeline.runner import RunOptions
from pipeline.settings import AccountSettings, Settings
from pipeline.tables import TABLES


@pytest.mark.parametrize(
    ("error", "own"),
    [
        (CloudTrackerError("a"), CloudTrackerError),
        (InputError("b"), InputError),
        (StorageError("c"), StorageError),
        (QueryError("7", "no such table"), RunError),
    ],
)
def test_every_error_comes_out_of_a_pipe_as_it_went_in(
    error: CloudTrackerError, own: type[CloudTrackerError]
) -> None:
    told = pickle.loads(pickle.dumps(plain(error)))
    assert type(told) is own
    assert (str(told), told.exit_code) == (str(error), error.exit_code)


def test_a_damaged_file_is_told_of_and_ends_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, table, partition = Lake(tmp_path), "grant_problems", Partition(date(2026, 6, 30), "111111111111")
    lake.write(table, pl.DataFrame(schema=dict(TABLES[table].schema)), partition)
    path = lake.path(table, partition)
    path.write_bytes(b"PAR1" + bytes(100) + b"PAR1")

    @contextmanager
    def runner(*_: object) -> Iterator[None]:
        yield None

    def planner(_: AccountSettings) -> None:
        lake.scan(table, [partition]).collect()

    monkeypatch.setattr(account_process, "runner", runner)
    monkeypatch.setattr(account_process, "end_with_parent", lambda: None)
    ours, theirs = Pipe()
    ours.send(AccountSettings(name="demo", id="111111111111"))
    ours.send(None)
    work(theirs, Errand(Settings(accounts=()), planner, RunOptions()))  # type: ignore[arg-type]
    kind, error = ours.recv()
    assert kind == FAILED and isinstance(error, StorageError)
    assert str(error).startswith(f"{path}: cannot be read: ")
