"""The series of weeks from stored trends: what is read of them, and what makes weeks hard to compare."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.errors import UsageError
from assets.partitions import DayPartition, Partition
from pipeline.lake import Lake
from pipeline.settings import AccountSettings, load_settings
from pipeline.tables import TABLES
from pipeline.trend_series import Weeks, series, unlike_coverage
from tests.build import ACCOUNT
from tests.conftest import Account, Ask

END, OTHER = date(2026, 6, 30), "222222222222"
WEEKS = Weeks(END, 2)


@pytest.fixture
def demo(account: Account) -> AccountSettings:
    return load_settings(account.config).accounts[0]


def _rows(table: str, *rows: dict[str, Any]) -> pl.DataFrame:
    """Return rows of a table; what is not said is nothing of its kind."""
    schema = TABLES[table].schema
    nothing = {name: "" if dtype == pl.String() else 0 for name, dtype in schema.items()}
    return pl.DataFrame([{**nothing, **row} for row in rows], schema=schema)


def _trends(lake: Lake, account: str, before: int, now: int) -> None:
    for day, covered in ((END - timedelta(days=7), before), (END, now)):
        row = {"covered_days": covered, "window_days": 5, "score_version": "1"}
        lake.write("account_trends", _rows("account_trends", row), Partition(day, account))
        least = {**row, "accounts": 2, "covered_days": 3}
        lake.write("organization_trends", _rows("organization_trends", least), DayPartition(day))


@pytest.mark.parametrize(("before", "now", "unlike"), [(3, 5, [ACCOUNT]), (5, 5, []), (0, 0, [])])
def test_weeks_of_unlike_coverage_are_told(
    demo: AccountSettings, tmp_path: Path, before: int, now: int, unlike: list[str]
) -> None:
    lake = Lake(tmp_path / "lake")
    _trends(lake, ACCOUNT, before, now)
    assert unlike_coverage(lake, series(lake, WEEKS, demo, None), demo) == unlike


def test_of_all_accounts_each_is_looked_at(demo: AccountSettings, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    _trends(lake, ACCOUNT, 3, 3)
    _trends(lake, OTHER, 4, 5)
    rows = series(lake, WEEKS, None, None)
    # The least of them is the same.
    assert rows["covered_days"].to_list() == [3, 3]
    assert unlike_coverage(lake, rows, None) == [OTHER]


def test_the_command_says_so(
    account: Account, demo: AccountSettings, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is stored was made of no diffs: nothing is to be made from them.
    monkeypatch.setattr("pipeline.cli.trend._make", lambda *_: None)
    _trends(Lake(account.root), ACCOUNT, 3, 5)
    said = "cloudtracker: the days with complete logs differ between these weeks{}: what changed may come of the logs,"
    for words, where in ((demo.name, ""), ("all", " for 1 account (demo)")):
        for kind in ("text", "json"):
            answer = ask("trend", "--account", words, "--weeks", 2, "--format", kind)
            assert answer.code == 0
            assert answer.err.startswith(said.format(where))
    _trends(Lake(account.root), ACCOUNT, 5, 5)
    assert ask("trend", "--account", demo.name, "--weeks", 2).err == ""


def test_only_the_rows_of_the_principal_are_read(
    demo: AccountSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, read = Lake(tmp_path / "lake"), list[int]()
    people = [
        {
            "principal_type": "user",
            "principal_name": name,
            "principal_arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        }
        for name in ("alice", "bob", "carol")
    ]
    lake.write("permission_trends", _rows("permission_trends", *people), Partition(END, ACCOUNT))
    collect = pl.LazyFrame.collect

    def counted(self: pl.LazyFrame, *words: Any, **more: Any) -> Any:
        found = collect(self, *words, **more)
        read.append(found.height)
        return found

    monkeypatch.setattr(pl.LazyFrame, "collect", counted)
    for name in ("alice", f"arn:aws:iam::{ACCOUNT}:user/alice"):
        assert series(lake, WEEKS, demo, ("user", name)).height == 2
    assert max(read) <= 2, read
    with pytest.raises(UsageError, match="no user 'alise'; did you mean 'alice'"):
        series(lake, WEEKS, demo, ("user", "alise"))
