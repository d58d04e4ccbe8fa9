"""What nobody thought of: one account that fails so does not stop the others, a folder that cannot be made is named."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.errors import CloudTrackerError, StorageError, UnforeseenError
from assets.partitions import Partition
from assets.principal_diffs.coverage import Window
from pipeline.cli import classic
from pipeline.cli.bar import Bar
from pipeline.dagster_home import dagster_home
from pipeline.lake import Lake
from pipeline.plan import Plan, plan_range
from pipeline.runner import Runner
from pipeline.runs import carry_out_all, told
from pipeline.settings import AccountSettings, load_settings
from pipeline.steps import ALL_ACCOUNTS
from tests.build import ACCOUNT, allow, iam, user
from tests.conftest import Account, Ask

OTHER = "222222222222"


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_home_of_dagster_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / name))
    with pytest.raises(StorageError, match=r"Dagster's folder cannot be made: .*DAGSTER_HOME"):
        dagster_home()


def test_the_other_accounts_are_made(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.write_iam(iam(user("alice", allow("iam:GetUser"))))
    one = {"iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    account.configure(accounts=[{"name": "other", "id": OTHER}, {"name": "demo", "id": ACCOUNT, **one}])
    monkeypatch.setenv("DAGSTER_HOME", str(account.folder / "dagster"))
    settings = load_settings(account.config)
    lake = Lake(settings.root)
    day = settings.today()

    def planned(wanted: AccountSettings) -> Plan:
        if wanted.name == "other":
            raise ZeroDivisionError("by nought")
        return plan_range(lake, wanted, Window(day, day))

    with Bar() as bar:
        failed = carry_out_all(settings, settings.accounts, planned, bar, lambda _: (day,))
    assert list(failed) == ["other"]
    error = failed["other"]
    assert isinstance(error, UnforeseenError)
    assert str(error) == told("other", error) == "account other: ZeroDivisionError: by nought"
    assert told("other", StorageError("no room")) == "account other: no room"
    assert lake.partitions("expanded_grants", ACCOUNT) == [Partition(day, ACCOUNT)]


def test_snapshots_that_were_taken_are_not_said_to_have_failed(
    account: Account, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.write_iam(iam(user("alice", allow("iam:GetUser"))))

    def not_summed_up(*words: Any, **more: Any) -> dict[str, CloudTrackerError]:
        return {**carry_out_all(*words, **more), ALL_ACCOUNTS: StorageError("no room")}

    monkeypatch.setattr("pipeline.runs.carry_out_all", not_summed_up)
    answer = ask("snapshot", "--account", "all")
    assert answer.code == 5
    assert answer.lines[0].startswith(f"demo ({ACCOUNT}), 2026-06-30: 1 user")
    assert answer.err.splitlines()[-2:] == [
        "cloudtracker: all accounts: no room",
        "cloudtracker: the snapshots are taken; the days of all accounts could not be summed up",
    ]


@pytest.mark.parametrize("kind", [ZeroDivisionError, pl.exceptions.PanicException])
def test_what_nobody_thought_of_is_one_line(
    account: Account, ask: Ask, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    def answer(_: object) -> int:
        raise kind("first line\nsecond line")

    monkeypatch.setattr(classic, "answer", answer)
    monkeypatch.delenv("CLOUDTRACKER_DEBUG", raising=False)
    said = ask("--account", "demo", "--list", "users", "--config", account.config)
    assert said.code == 70
    (line,) = said.err.splitlines()
    assert f"{kind.__name__}: first line; " in line and "CLOUDTRACKER_DEBUG=1" in line
    monkeypatch.setenv("CLOUDTRACKER_DEBUG", "1")
    with pytest.raises(kind):
        ask("--account", "demo", "--list", "users", "--config", account.config)


def test_what_cannot_be_summed_up_hides_no_account_that_failed(
    account: Account, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.write_iam(iam(user("alice", allow("iam:GetUser"))))
    one = {"iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    bad = {"name": "other", "id": OTHER, "iam": "nowhere.json"}
    account.configure(accounts=[bad, {"name": "demo", "id": ACCOUNT, **one}])

    def fails(*_: object) -> None:
        raise StorageError("organization_trends: out of room")

    monkeypatch.setattr(Runner, "organization", fails)
    answer = ask("run", "--account", "all", "--from", "2026-06-30", "--processes", "1")
    assert answer.code == 5
    lines = answer.err.splitlines()
    assert any(line.startswith("cloudtracker: account other: ") for line in lines)
    assert "cloudtracker: all accounts: organization_trends: out of room" in lines
    assert lines[-1] == "cloudtracker: 1 of 2 accounts failed; the tables of the others are complete"
    answer = ask("run", "--account", "demo", "--from", "2026-06-30")
    assert answer.code == 5
    assert answer.err.splitlines()[-1].startswith(
        "cloudtracker: the days of all accounts could not be summed up"
    )
