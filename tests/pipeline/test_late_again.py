"""A second file with events of an old day, in the folder where one was found before, makes the day anew as well."""

import time
from datetime import date

import pytest

from assets.partitions import Partition
from pipeline.lake import Lake
from tests.build import ACCOUNT, allow, iam, log_file, record, user
from tests.conftest import Account, Ask

ALICE = user("alice", allow("iam:GetUser"))
OLD, FOUND = date(2026, 6, 27), date(2026, 6, 29)
RUN = ("run", "--account", "demo", "--from", str(OLD), "--to", str(FOUND), "--missing-only")


@pytest.fixture
def demo(account: Account) -> Account:
    """One event on the old day, which lies before the window of the day on which more of it is found."""
    account.configure(lookback_days=2)
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "iam:GetUser", f"{OLD}T10:00:00Z"))
    return account


def _events(lake: Lake) -> int:
    return int(lake.scan("cloudtrail_usage", [Partition(OLD, ACCOUNT)]).collect()["events"].sum())


def _not_fetched(lake: Lake) -> int:
    return int(lake.scan("log_coverage", [Partition(OLD, ACCOUNT)]).collect()["not_fetched"].sum())


def _late(account: Account, name: str, hour: int) -> None:
    # Folders bear the time of the system's clock, tables that of their end: they must differ.
    time.sleep(0.05)
    call = record(ALICE, "iam:GetUser", f"{OLD}T{hour:02}:00:00Z")
    log_file(account.logs, [call], day=FOUND, name=name)


def test_each_late_file_is_read(demo: Account, ask: Ask) -> None:
    lake = Lake(demo.root)
    assert ask(*RUN).code == 0
    assert _events(lake) == 1
    _late(demo, "late-1.json.gz", 11)
    assert ask(*RUN).code == 0
    assert _events(lake) == 2
    _late(demo, "late-2.json.gz", 12)
    assert ask(*RUN).code == 0
    assert _events(lake) == 3
    # All is read: nothing is made again.
    written = lake.written_at("cloudtrail_usage", Partition(OLD, ACCOUNT))
    assert ask(*RUN).code == 0
    assert lake.written_at("cloudtrail_usage", Partition(OLD, ACCOUNT)) == written


def test_it_is_read_where_nobody_asks_for_the_old_day(demo: Account, ask: Ask) -> None:
    lake, recent = Lake(demo.root), (*RUN[:4], str(FOUND), *RUN[5:])
    assert ask(*RUN).code == 0
    for number, events in ((1, 2), (2, 3)):
        _late(demo, f"late-{number}.json.gz", 10 + number)
        assert ask(*recent).code == 0
        assert _events(lake) == events
    written = lake.written_at("cloudtrail_usage", Partition(OLD, ACCOUNT))
    assert ask(*recent).code == 0
    assert lake.written_at("cloudtrail_usage", Partition(OLD, ACCOUNT)) == written


def test_one_that_could_not_be_fetched_is_fetched_again(demo: Account, ask: Ask) -> None:
    lake = Lake(demo.root)
    _late(demo, "late-1.json.gz", 11)
    assert ask(*RUN).code == 0
    assert _events(lake) == 2
    # One that is gone when it is read: a link to nothing.
    gone = next(demo.logs.rglob("late-1.json.gz")).with_name("late-2.json.gz")
    target = demo.folder / "elsewhere.json.gz"
    gone.symlink_to(target)
    assert ask(*RUN).code == 0
    assert _not_fetched(lake) == 1
    # It comes without a sign of it in the folder.
    call = record(ALICE, "iam:GetUser", f"{OLD}T12:00:00Z")
    log_file(demo.folder / "apart", [call], day=FOUND, name="x.json.gz").rename(target)
    assert ask(*RUN).code == 0
    assert (_events(lake), _not_fetched(lake)) == (3, 0)
