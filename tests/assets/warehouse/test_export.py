"""`cloudtracker export`: OCSF held against the schema's facts, CSV that nothing runs, JSON that is the table."""

import csv
import errno
import io
import json
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.warehouse.ocsf import MOST_ACTIONS
from assets.warehouse.spreadsheet import safe_csv
from tests.build import ACCOUNT, allow, iam, record, role, user
from tests.conftest import Account, Ask

FACTS = json.loads(Path(__file__).with_name("ocsf_facts.json").read_text(encoding="utf-8"))
EVIL = user("=cmd@example.org", allow("iam:ListUsers", "iam:GetUser", "s3:GetObject"))
ADMIN = role("admin", allow("ec2:*", "iam:*"))
BUSY = user("busy", allow("iam:ListRoles"))


@pytest.fixture
def made(account: Account) -> Account:
    account.write_iam(iam(EVIL, ADMIN, BUSY))
    account.log(
        record(EVIL, "iam:ListUsers", "2026-06-30T10:00:00Z"),
        record(BUSY, "iam:ListRoles", "2026-06-30T10:00:00Z"),
        record(BUSY, "iam:ListUsers", "2026-06-30T10:00:00Z"),
    )
    exclusions = [{"principal": "*admin", "action": "iam:Get*", "reason": "decided", "owner": "us"}]
    account.configure(lookback_days=1, exclusions=exclusions)
    return account


def test_a_finding_for_each_principal_holds_what_the_schema_asks_for(made: Account, ask: Ask) -> None:
    answer = ask("export", "--account", "all")
    assert answer.code == 0, answer.err
    findings = [json.loads(line) for line in answer.lines]
    assert [one["user"]["name"] for one in findings] == ["admin", "=cmd@example.org", "busy"]
    for one in findings:
        _check_event(one)
    descriptions = {one["finding_info"]["desc"] for one in findings}
    assert descriptions == {"Granted against used on 2026-06-30; logs cover it."}
    admin, evil, busy = findings
    assert evil["permission_analysis_results"] == [
        {
            "granted_privileges": ["iam:GetUser", "s3:GetObject", "iam:ListUsers"],
            "unused_privileges_count": 1,
            "unused_services_count": 0,
        }
    ]
    assert evil["unmapped"]["unused_privileges"] == ["iam:GetUser"]
    assert evil["unmapped"]["unknown_privileges"] == ["s3:GetObject"]
    assert busy["unmapped"]["not_granted_privileges"] == ["iam:ListUsers"]
    assert (busy["severity_id"], busy["severity"]) == (1, "Informational")
    assert admin["severity_id"] == 4
    # What somebody decided to leave is no finding, and is not lost either.
    assert "iam:GetRole" in admin["unmapped"]["excluded_privileges"]
    assert "iam:GetRole" not in admin["unmapped"]["unused_privileges"]
    assert len(admin["permission_analysis_results"][0]["granted_privileges"]) <= MOST_ACTIONS
    again = ask("export", "--account", "demo", "--status", "not_granted")
    assert [json.loads(line) for line in again.lines] == [busy]


def test_a_principal_of_whom_all_that_is_unused_was_decided_to_stay_is_no_finding(
    account: Account, ask: Ask
) -> None:
    left, half = user("left", allow("iam:GetUser")), user("half", allow("iam:GetUser", "iam:ListUsers"))
    account.write_iam(iam(left, half))
    account.log(record(left, "iam:GetUser", "2026-06-30T10:00:00Z", errorCode="AccessDenied"))
    exclusions = [{"principal": "*", "action": "iam:Get*", "reason": "decided", "owner": "us"}]
    account.configure(lookback_days=1, exclusions=exclusions)
    (line,) = ask("export", "--account", "demo").lines
    finding = json.loads(line)
    assert finding["user"]["name"] == "half"
    assert finding["unmapped"]["excluded_privileges"] == ["iam:GetUser"]
    rows = [json.loads(row) for row in ask("export", "--account", "demo", "--format", "json").lines]
    assert [(row["principal_name"], row["excluded"]) for row in rows] == [
        ("half", True),
        ("half", False),
        ("left", True),
    ]


def test_what_may_have_been_granted_by_a_policy_that_is_missing_is_not_said_to_be_granted(
    account: Account, ask: Ask
) -> None:
    gone = {"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}
    alice = user("alice", allow("iam:GetUser"), AttachedManagedPolicies=[gone])
    account.write_iam(iam(alice))
    account.configure(lookback_days=1)
    account.log(record(alice, "iam:ListUsers", "2026-06-30T10:00:00Z"))
    (line,) = ask("export", "--account", "demo", "--status", "unknown").lines
    finding = json.loads(line)
    assert finding["unmapped"]["unknown_privileges"] == ["iam:GetUser", "iam:ListUsers"]
    assert finding["permission_analysis_results"][0]["granted_privileges"] == ["iam:GetUser"]


def _check_event(event: dict[str, Any]) -> None:
    facts = FACTS["event"]
    assert set(facts["required"]) <= set(event) <= {*facts["required"], *facts["optional"]}
    assert set(facts["at_least_one"]) & set(event)
    for name, values in facts["values"].items():
        assert event[name] in values, name
    for name, captions in facts["captions"].items():
        label = {"activity_id": "activity_name"}.get(name, name.removesuffix("_id"))
        assert event[label] == captions[str(event[name])]
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    for name in facts["numbers"]:
        assert isinstance(event[name], int)
    for place, attributes in FACTS["objects"].items():
        held = _at(event, place)
        for one in held if isinstance(held, list) else [held] if held is not None else []:
            allowed = {*attributes["required"], *attributes["optional"]}
            assert set(attributes["required"]) <= set(one) <= allowed, place
    for place, values in FACTS["object_values"].items():
        assert _at(event, place) in values


def _at(event: Any, place: str) -> Any:
    for name in place.split("."):
        event = event.get(name) if event is not None else None
    return event


def test_csv_cells_cannot_be_run(made: Account, ask: Ask) -> None:
    target = made.folder / "out" / "findings.csv"
    answer = ask("export", "--account", "demo", "--format", "csv", "--output", target)
    assert (answer.code, answer.out) == (0, "")
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert {row["principal_name"] for row in rows} == {"'=cmd@example.org", "admin", "busy"}
    assert {row["status"] for row in rows} == {"unused", "not_granted"}
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", " =1", "|a"])
def test_each_beginning_that_a_spreadsheet_runs_is_put_in_quotes(cell: str) -> None:
    rows = pl.DataFrame({"text": [cell, "a=1", None], "list": [[cell], ["-"], []], "number": [-1, 0, 1]})
    read = list(csv.reader(io.StringIO(safe_csv(rows), newline="")))
    assert read[1:] == [["'" + cell, "'" + cell, "-1"], ["a=1", "'-", "0"], ["", "", "1"]]


def test_json_is_the_table(made: Account, ask: Ask) -> None:
    answer = ask("export", "--account", ACCOUNT, "--format", "json", "--status", "used,unknown")
    rows = [json.loads(line) for line in answer.lines]
    of_people = [
        (row["principal_name"], row["action"], row["status"])
        for row in rows
        if row["principal_name"] != "admin"
    ]
    assert of_people == [
        ("=cmd@example.org", "iam:ListUsers", "used"),
        ("=cmd@example.org", "s3:GetObject", "unknown"),
        ("busy", "iam:ListRoles", "used"),
    ]
    assert rows[-1]["last_used"] == "2026-06-30T10:00:00Z"


def test_days_without_logs_are_said(made: Account, ask: Ask) -> None:
    """Without them an export of nothing looks like an account in which nothing is to be found."""
    none = ask("export", "--account", "demo", "--day", "2026-06-29")
    assert (none.code, none.out) == (0, "")
    assert "no complete logs of account demo (111111111111) for 2026-06-29 to 2026-06-29" in none.err
    made.configure(lookback_days=2)
    some = ask("export", "--account", "all")
    assert (
        "complete logs of account demo (111111111111) for 1 of 2 days (2026-06-29 to 2026-06-30);"
        " 'unused' means not used on these\n" in some.err
    )
    made.configure(lookback_days=2, min_covered_days=2)
    few = ask("export", "--account", "all", "--status", "unused")
    assert few.out == ""
    assert (
        "for 1 of 2 days (2026-06-29 to 2026-06-30), fewer than 'min_covered_days: 2': nothing in it is unused"
        in few.err
    )


def test_a_window_too_short_for_anything_to_be_unused_is_said_once_for_all_accounts(
    made: Account, ask: Ask
) -> None:
    ours = {"name": "demo", "id": ACCOUNT, "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    other = {**ours, "name": "other", "id": "222222222222", "iam": "other.json"}
    (made.folder / "other.json").write_text(
        json.dumps(iam(user("carol", account="222222222222"))), encoding="utf-8"
    )
    made.configure(lookback_days=1, min_covered_days=2, accounts=[ours, other])
    said = "cloudtracker: the window has 1 day, fewer than 'min_covered_days: 2': nothing in it is unused\n"
    assert ask("export", "--account", "demo", "--status", "unused").err == said
    both = ask("export", "--account", "all", "--status", "unused")
    assert (both.code, both.out, both.err.count(said)) == (0, "", 1)
    assert "no complete logs of account other (222222222222)" in both.err


@pytest.mark.parametrize("flags", [("--format", "xml"), ("--status", "unsed"), ("--account", "dmeo")])
def test_wrong_flags(made: Account, ask: Ask, flags: tuple[str, str]) -> None:
    words = dict([("--account", "demo"), flags])
    answer = ask("export", *(word for pair in words.items() for word in pair))
    assert answer.code == 2
    assert flags[1] in answer.err


def test_a_table_that_cannot_be_read_is_named_and_not_the_file_to_be_written(
    made: Account, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("export", "--account", "all").code == 0
    collect = pl.LazyFrame.collect

    def refused(self: pl.LazyFrame, *words: Any, **more: Any) -> Any:
        if "reason" in self.collect_schema():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return collect(self, *words, **more)

    monkeypatch.setattr(pl.LazyFrame, "collect", refused)
    answer = ask("export", "--account", "all", "--output", tmp_path / "findings")
    assert answer.code == 4
    path = f"principal_diffs/day=2026-06-30/account={ACCOUNT}/part-0.parquet"
    assert (
        f"{path}: cannot be read: Input/output error; check the permissions below 'storage: root'"
        in answer.err
    )
    assert "findings" not in answer.err
