"""What a tick of `all_accounts` plans: the warehouse comes last, and is asked once."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.partitions import Partition
from assets.warehouse.duckdb_file import DuckDbFile
from pipeline.lake import Lake
from pipeline.publishing import publisher_of
from pipeline.settings import load_settings
from pipeline.tables import TABLES
from pipeline.upkeep import shared_steps
from tests.conftest import Account

IDS = ["111111111111", "222222222222"]
DAY = date(2026, 6, 30)


def test_a_warehouse_is_asked_once_when_nothing_else_is_to_be_made(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def lacks(self: DuckDbFile, names: Collection[str]) -> Collection[str]:
        asked.append(self.path)
        return names

    accounts = [{"name": f"a{one}", "id": one, "iam": "iam.json"} for one in IDS]
    account.configure(warehouse={}, accounts=accounts)
    settings, lake = load_settings(account.config), Lake(account.root)
    for name in ("principal_diffs", "session_usage", "role_assumptions"):
        for one in IDS:
            lake.write(name, pl.DataFrame(schema=TABLES[name].schema), Partition(DAY, one))
    monkeypatch.setattr(DuckDbFile, "lacks", lacks)
    # As after an earlier load.
    publisher_of(settings).publish([Partition(DAY, one) for one in IDS])
    asked.clear()

    (sessions,) = shared_steps(lake, settings, IDS)
    assert sessions.tables == ("role_sessions",) and asked == []

    for one in IDS:
        lake.write("role_sessions", pl.DataFrame(schema=TABLES["role_sessions"].schema), Partition(DAY, one))
    steps = shared_steps(lake, settings, IDS)
    assert [step.what for step in steps] == [f"a{one}, warehouse" for one in IDS]
    assert len(asked) == 1
