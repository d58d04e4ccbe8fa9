"""Ticks over so many accounts and days that one could not look at them all before Dagster gives it up."""

from datetime import date, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.errors import StorageError
from assets.partitions import AnyPartition, Partition
from pipeline import schedules, sensors
from pipeline.current_settings import current_settings
from pipeline.lake import Lake
from pipeline.requests import ACCOUNT_TAG, SHARED, Cursor, from_the_next, read_cursor, written_cursor
from pipeline.settings import Settings, load_settings
from pipeline.steps import Step
from pipeline.tables import TABLES
from pipeline.upkeep import shared_steps
from tests.build import allow, iam, record, user
from tests.conftest import Account
from tests.pipeline.ticks import Ticking

ALICE = user("alice", allow("s3:*"))
IDS = ["111111111111", "222222222222", "333333333333"]


def _three_accounts(account: Account, **settings: Any) -> None:
    """The same IAM data for three accounts, and a call in the first one's logs."""
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "s3:ListBuckets", "2026-06-30T10:00:00Z"))
    given = {"iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    account.configure(accounts=[{"name": f"a{one}", "id": one, **given} for one in IDS], **settings)


def test_a_tick_that_takes_long_asks_for_what_it_saw_and_the_next_one_goes_on(
    account: Account, facts: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _three_accounts(account)
    monkeypatch.setattr(sensors, "LONGEST_LOOK", 0.0)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        ticking = Ticking(account.config, instance, checks=False)
        seen = [{request.tags[ACCOUNT_TAG] for request in ticking.sensor("new_logs")} for _ in range(4)]
    assert seen == [{IDS[0]}, {IDS[1]}, {IDS[2]}, {IDS[0]}]


def test_a_daily_tick_that_takes_long_leaves_the_others_to_the_sensor(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looked_at = []
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        for day in ("2026-06-28", "2026-06-29", "2026-06-30"):
            _three_accounts(account, as_of=day)
            ticking = Ticking(account.config, instance, checks=False)
            assert {request.tags[ACCOUNT_TAG] for request in ticking.daily()} == set(IDS)
            with monkeypatch.context() as hurry:
                hurry.setattr(schedules, "LONGEST_LOOK", 0.0)
                (looked,) = {request.tags[ACCOUNT_TAG] for request in ticking.daily()}
            looked_at.append(looked)
        assert {request.tags[ACCOUNT_TAG] for request in ticking.sensor("new_logs")} == set(IDS)
    # Every one is the first on some day.
    assert sorted(looked_at) == IDS


def test_what_asking_aws_takes_counts(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _three_accounts(account)
    clock, settings = [0.0], load_settings(account.config)

    def asked(*_: object) -> Settings:
        clock[0] += 31
        return settings

    for module in (sensors, schedules):
        monkeypatch.setattr(module, "monotonic", lambda: clock[0])
        monkeypatch.setattr(module, "current_settings", asked)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        ticking = Ticking(account.config, instance, checks=False)
        for requests in (ticking.daily(), ticking.sensor("new_logs")):
            assert len({request.tags[ACCOUNT_TAG] for request in requests}) == 1


def test_an_account_that_cannot_be_looked_at_keeps_no_other_from_being_asked_for(
    account: Account, tmp_path: Path
) -> None:
    _three_accounts(account)
    lake = Lake(account.root)

    def damage(id_: str, content: bytes) -> None:
        path = lake.path("log_coverage", Partition(date(2026, 6, 30), id_))
        path.parent.mkdir(parents=True)
        path.write_bytes(content)

    damage(IDS[0], b"no table")
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        ticking = Ticking(account.config, instance, checks=False)
        for tick in (ticking.daily, lambda: ticking.sensor("new_logs")):
            assert {request.tags[ACCOUNT_TAG] for request in tick()} == {IDS[1], IDS[2]}
        # Polars finds out that this one is none.
        damage(IDS[1], b"PAR1 is how it begins, and how it ends PAR1")
        assert {request.tags[ACCOUNT_TAG] for request in ticking.daily()} == {IDS[2]}


def test_a_tick_that_could_look_at_none_has_failed() -> None:
    def fails() -> list[Step]:
        raise StorageError("log_coverage is no table")

    # An instance that Dagster made itself would end when it is collected, and take that of another test along.
    with dg.DagsterInstance.ephemeral() as instance, dg.build_sensor_context(instance) as context:
        with pytest.raises(StorageError, match="log_coverage"):
            sensors._result(context, monotonic(), [(one, fails) for one in IDS])
        told = sensors._result(context, monotonic(), [(IDS[0], fails), (IDS[1], list)])
    assert "account 111111111111: log_coverage is no table" in str(told.skip_reason)


def test_what_is_made_from_all_accounts_looks_at_each_file_once(account: Account) -> None:
    _three_accounts(account)
    asked: list[tuple[str, object]] = []

    class Counting(Lake):
        def written_at(self, table: str, partition: AnyPartition | None = None) -> datetime | None:
            asked.append((table, partition))
            return super().written_at(table, partition)

    lake, settings = Counting(account.root), load_settings(account.config)
    for one in IDS:
        for table in ("session_usage", "role_assumptions"):
            lake.write(
                table, pl.DataFrame(schema=dict(TABLES[table].schema)), Partition(settings.today(), one)
            )
    (step,) = shared_steps(lake, settings, IDS)
    assert len(step.partitions) == len(IDS)
    of_inputs = [one for one in asked if one[0] in ("session_usage", "role_assumptions")]
    assert len(of_inputs) == len(set(of_inputs))


def test_why_aws_could_not_be_asked_for_the_accounts_is_told(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "the accounts are those found at 2026-06-29T05:30:00+00:00: AWS cannot be reached"
    module = "pipeline.current_settings.find_accounts_daily"
    monkeypatch.setattr(module, lambda settings: (settings, [why]))
    told: list[str] = []
    settings = load_settings(account.config)
    assert current_settings(settings, told.append) == settings
    assert told == [why]


def test_the_accounts_behind_the_last_one_come_first() -> None:
    assert from_the_next(IDS, "") == from_the_next(IDS, IDS[2]) == IDS
    assert from_the_next(IDS, IDS[0]) == [IDS[1], IDS[2], IDS[0]]
    # It is being worked on now.
    assert from_the_next([IDS[0], IDS[2]], IDS[1]) == [IDS[2], IDS[0]]
    assert from_the_next([], IDS[0]) == []


def test_what_an_earlier_version_kept_is_read() -> None:
    before = '{"111111111111":{"steps":"a","request":"b","at":"2026-06-30T00:00:00Z"}}'
    assert read_cursor(before) == read_cursor(None) == Cursor()
    assert read_cursor(written_cursor(Cursor({}, IDS[0]))) == Cursor({}, IDS[0])


def test_what_is_made_from_all_accounts_gets_its_turn(account: Account, tmp_path: Path) -> None:
    _three_accounts(account)
    for name in ("principal_diffs", "session_usage", "role_assumptions"):
        day = Partition(date(2026, 6, 30), IDS[0])
        Lake(account.root).write(name, pl.DataFrame(schema=dict(TABLES[name].schema)), day)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        ticking = Ticking(account.config, instance, checks=False)
        first = {request.tags[ACCOUNT_TAG] for request in ticking.sensor("new_logs")}
        assert IDS[1] in first
        ticking.cursors.clear()

        def begun(account: str, status: dg.DagsterRunStatus) -> None:
            run = instance.create_run_for_job(ticking.job(), tags={ACCOUNT_TAG: account}, status=status)
            instance.report_engine_event("launched", run)

        begun(IDS[0], dg.DagsterRunStatus.STARTED)
        # Its sessions were never made, and one account after the other would keep them from it.
        assert ticking.sensor("new_logs") == ticking.sensor("all_accounts") == []
        begun(SHARED, dg.DagsterRunStatus.SUCCESS)
        assert {request.tags[ACCOUNT_TAG] for request in ticking.sensor("new_logs")} == {IDS[1], IDS[2]}
