"""Unmapped events are a table, and a share that grows is a warning."""

from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl

from assets.partitions import Partition
from assets.unmapped_events.unmapped import growth
from pipeline.lake import Lake
from tests.build import ACCOUNT, allow, iam, record, user
from tests.conftest import Account, Ask

ALICE = user("alice", allow("iam:*"))
RUN = ("run", "--account", "demo", "--from", "2026-06-28", "--to", "2026-06-30")


def _log(account: Account, day: int, mapped: int, unmapped: int) -> None:
    calls = ["iam:GetUser"] * mapped + ["nosuch:DoIt"] * unmapped
    account.log(*(record(ALICE, call, f"2026-06-{day}T10:00:00Z") for call in calls))


def test_they_are_counted_and_other_events_are_not(account: Account, ask: Ask) -> None:
    account.write_iam(iam(ALICE))
    account.log(
        record(ALICE, "nosuch:DoIt", "2026-06-28T10:00:00Z"),
        record(ALICE, "nosuch:DoIt", "2026-06-28T11:00:00Z", errorCode="AccessDenied"),
        record(ALICE, "sts:GetCallerIdentity", "2026-06-28T11:00:00Z"),
        record(ALICE, "nosuch:Notice", "2026-06-28T11:00:00Z", eventType="AwsServiceEvent"),
    )
    said = ask(*RUN).out
    assert "2 of the permission events map to no IAM action" in said
    rows = Lake(account.root).scan("unmapped_events", [Partition(date(2026, 6, 28), ACCOUNT)]).collect()
    assert rows.select("event_source", "event_name", "events").rows() == [("nosuch.amazonaws.com", "DoIt", 2)]


def test_a_growing_share_is_a_warning(account: Account, ask: Ask, dagster_home: Path) -> None:
    account.write_iam(iam(ALICE))
    for day, mapped, unmapped in ((28, 95, 5), (29, 95, 5), (30, 95, 5)):
        _log(account, day, mapped, unmapped)
    assert ask(*RUN).code == 0
    assert _last_check() == (True, 0.05)
    _log(account, 30, 0, 10)
    assert ask(*RUN).code == 0
    assert _last_check() == (False, 15 / 110)
    found = growth(Lake(account.root), ACCOUNT)
    assert (found.newest, found.before, found.grows) == (15 / 110, 0.05, True)


def test_one_day_alone_cannot_grow(account: Account, ask: Ask) -> None:
    account.write_iam(iam(ALICE))
    _log(account, 30, 1, 1)
    ask("run", "--account", "demo", "--from", "2026-06-30", "--to", "2026-06-30")
    assert not growth(Lake(account.root), ACCOUNT).grows


def test_a_newer_mapping_makes_them_anew_from_the_stored_usage(account: Account, ask: Ask) -> None:
    account.write_iam(iam(ALICE))
    _log(account, 28, 1, 1)
    ask(*RUN)
    lake = Lake(account.root)
    aws_actions = lake.read("aws_actions")
    known = aws_actions.head(1).with_columns(
        event_source=pl.lit("nosuch.amazonaws.com"),
        operation=pl.lit("DoIt"),
        primary=pl.lit(["iam:GetUser"], pl.List(pl.String)),
        recorded=pl.lit("management"),
        rule=pl.lit("exact"),
    )
    usage = lake.written_at("cloudtrail_usage", Partition(date(2026, 6, 28), ACCOUNT))
    diff = Partition(date(2026, 6, 30), ACCOUNT)
    version = lake.scan("principal_diffs", [diff]).collect()["mapping_version"][0]
    lake.write("aws_actions", pl.concat([aws_actions, known]).sort("service", "operation"))
    assert ask(*RUN, "--missing-only").code == 0
    rows = lake.scan("unmapped_events", [Partition(date(2026, 6, 28), ACCOUNT)]).collect()
    assert rows.height == 0
    assert lake.scan("principal_diffs", [diff]).collect()["mapping_version"][0] != version
    assert lake.written_at("cloudtrail_usage", Partition(date(2026, 6, 28), ACCOUNT)) == usage


def _last_check() -> tuple[bool, float]:
    key = dg.AssetCheckKey(dg.AssetKey("unmapped_events"), "share_does_not_grow")
    with dg.DagsterInstance.get() as instance:
        record = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)[0]
        assert record.event is not None
        evaluation = record.event.asset_check_evaluation
    assert evaluation is not None
    assert evaluation.severity == dg.AssetCheckSeverity.WARN
    return evaluation.passed, float(evaluation.metadata["share"].value)
