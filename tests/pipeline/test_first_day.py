"""`first_day` is moved: what lies before it stays as it is, and keeps nothing behind it from being made."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from assets.partitions import Partition
from pipeline.lake import Lake
from tests.build import allow, iam, record, user
from tests.conftest import Account
from tests.pipeline.ticks import Ticking

ALICE = user("alice", allow("s3:*"))
DEMO = "111111111111"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "instance").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "instance")) as made:
        yield made


def test_the_sensors_ask_for_no_day_before_it(account: Account, instance: dg.DagsterInstance) -> None:
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "s3:ListBuckets", "2026-06-30T10:00:00Z"))
    account.configure(warehouse={}, lookback_days=3)
    ticking = Ticking(account.config, instance, checks=False)
    assert ticking.until_quiet() > 0
    lake = Lake(account.root)
    days = {day: Partition(date(2026, 6, day), DEMO) for day in (28, 29, 30)}
    before = {day: lake.written_at("principal_diffs", one) for day, one in days.items()}
    # A configuration that changed makes the diffs of all days again.
    account.configure(warehouse={}, lookback_days=3, first_day="2026-06-29")
    assert ticking.until_quiet() > 0
    after = {day: lake.written_at("principal_diffs", one) for day, one in days.items()}
    assert [day for day in days if after[day] != before[day]] == [29, 30]
