"""Unmapped events are a table, and a share that grows is a warning."""

import json
from datetime import date

import polars as pl

from assets.partitions import Partition
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


def test_a_growing_share_is_a_warning(account: Account, ask: Ask) -> None:
    account.write_iam(iam(ALICE))
    for day, mapped, unmapped in ((28, 95, 5), (29, 95, 5), (30, 95, 5)):
        _log(account, day, mapped, unmapped)
    assert ask(*RUN).code == 0
    assert _grows(ask) == {"2026-06-28": "", "2026-06-29": "", "2026-06-30": ""}
    _log(account, 30, 0, 10)
    assert ask(*RUN).code == 0
    assert {day: detail for day, detail in _grows(ask).items() if detail} == {
        "2026-06-30": "13.6 %, before 5.0 %"
    }


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


def _grows(ask: Ask) -> dict[str, str]:
    answer = ask("checks", "--run", "--account", "demo", "--table", "unmapped_events", "--format", "json")
    assert answer.code == 0
    return {
        one["day"]: one["detail"] for one in json.loads(answer.out) if one["check"] == "share_does_not_grow"
    }
