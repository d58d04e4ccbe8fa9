"""Files and folders of the lake that cannot be read: an error that names them, and never an answer without them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.errors import RunError, StorageError
from assets.partitions import AccountPartition, DayPartition, Partition
from pipeline.damaged_files import damaged
from pipeline.inventory import inventory
from pipeline.lake import FILE, Lake
from pipeline.tables import TABLES

ACCOUNT = "111111111111"
PARTITION = Partition(date(2026, 6, 30), ACCOUNT)


def _written(root: Path, table: str, partition: AccountPartition | DayPartition | Partition | None) -> Path:
    lake = Lake(root)
    lake.write(table, pl.DataFrame(schema=dict(TABLES[table].schema)), partition)
    return lake.path(table, partition)


def _within(data: bytes) -> bytes:
    return b"PAR1" + bytes(len(data) - 8) + b"PAR1"


def _pages(data: bytes) -> bytes:
    end = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    return data[:4] + bytes(byte ^ 0x5A for byte in data[4:end]) + data[end:]


@pytest.mark.parametrize("damage", [_within, _pages])
def test_the_file_is_named_by_whoever_collects_a_scan(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    lake, table = Lake(tmp_path), "grant_problems"
    rows = pl.DataFrame([("a", "missing_policy", "x")], schema=dict(TABLES[table].schema), orient="row")
    sound = Partition(date(2026, 6, 29), ACCOUNT)
    for partition in (sound, PARTITION):
        lake.write(table, rows, partition)
    path = lake.path(table, PARTITION)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(pl.exceptions.PolarsError) as caught:
        lake.scan(table, [sound, PARTITION]).collect()
    error = damaged(caught.value)
    assert isinstance(error, StorageError)
    assert str(error).startswith(f"{path}: cannot be read: ")
    assert str(error).endswith("delete it, the next run makes it again")
    # Also where it comes as the cause of something else; what Polars says of no file is no damage.
    outer = RunError("a run failed")
    outer.__cause__ = caught.value
    assert str(damaged(outer)) == str(error)
    assert damaged(RunError("a run failed")) is None
    lake.write(table, rows, PARTITION)
    assert damaged(caught.value) is None


def test_an_unpartitioned_table_that_is_damaged_is_named(tmp_path: Path) -> None:
    path = _written(tmp_path, "aws_actions", None)
    path.write_bytes(_within(path.read_bytes()))
    with pytest.raises(StorageError, match=f"{path}: cannot be read"):
        Lake(tmp_path).read("aws_actions")


def test_what_may_not_be_looked_at_is_not_missing(tmp_path: Path) -> None:
    lake, table = Lake(tmp_path), tmp_path / "principal_diffs"
    # Root may read everything, but goes round in no circles.
    table.symlink_to(table)
    asked: tuple[Callable[[], object], ...] = (
        lambda: lake.partitions("principal_diffs"),
        lambda: lake.partitions("principal_diffs", ACCOUNT),
        lambda: lake.cuts("principal_diffs"),
        lambda: lake.written_at("principal_diffs", PARTITION),
        lambda: lake.existing("principal_diffs", [PARTITION]),
        lambda: inventory(lake, None, ["principal_diffs"]),
    )
    for ask in asked:
        with pytest.raises(StorageError, match=r"principal_diffs.*: cannot be read: .*'storage: root'"):
            ask()


@pytest.mark.parametrize(
    ("table", "partition", "strays"),
    [
        (
            "organization_trends",
            DayPartition(date(2026, 6, 30)),
            ["day=foo", "day=2026-02-30", "x=2026-06-29"],
        ),
        ("permission_history", AccountPartition(ACCOUNT), ["account=foo", "account=1", "day=222222222222"]),
        ("principal_diffs", PARTITION, ["day=foo/account=111111111111", "day=20260630/account=111111111111"]),
    ],
)
def test_folders_that_somebody_else_made_are_no_partitions(
    tmp_path: Path, table: str, partition: AccountPartition | DayPartition | Partition, strays: list[str]
) -> None:
    _written(tmp_path, table, partition)
    for stray in strays:
        (tmp_path / table / stray).mkdir(parents=True)
        (tmp_path / table / stray / FILE).write_bytes(b"")
    (tmp_path / table / "day=2026-06-28").write_text("a file")
    assert Lake(tmp_path).cuts(table) == [partition]
    assert inventory(Lake(tmp_path), None, [table]).height == 1


def test_a_damaged_snapshot_is_not_simply_deleted(tmp_path: Path) -> None:
    path = _written(tmp_path, "iam_snapshots", PARTITION)
    path.write_bytes(b"PAR1, cut short")
    with pytest.raises(StorageError, match="restore it from a backup; where there is none delete it"):
        Lake(tmp_path).scan("iam_snapshots", [PARTITION])
