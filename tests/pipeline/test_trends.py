"""Trends, changes and history through the real command: what is made when, in whatever order days come."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.partitions import AccountPartition, DayPartition, Partition
from assets.permission_trends.risk import RiskWeights
from pipeline.lake import Lake
from tests.build import ACCOUNT, allow, iam, record, role, user
from tests.conftest import Account, Ask

pytestmark = pytest.mark.long


ALICE = user("alice", allow("iam:GetUser", "iam:ListUsers", Sid="Look"))
ADMIN = role("admin", allow("iam:CreateUser"))
FIRST, LAST = date(2026, 6, 24), date(2026, 6, 30)


@pytest.fixture
def demo(account: Account) -> Account:
    """Seven days: alice calls on the second and, when that has left the window of two days, on the sixth."""
    account.write_iam(iam(ALICE, ADMIN))
    account.configure(lookback_days=2)
    for day in range(24, 31):
        account.log(
            record(ADMIN, "sts:GetCallerIdentity", f"2026-06-{day}T01:00:00Z"),
            *([record(ALICE, "iam:GetUser", f"2026-06-{day}T02:00:00Z")] if day in (25, 29) else []),
        )
    return account


def _run(ask: Ask, first: int, last: int, *more: str) -> None:
    days = ("--from", f"2026-06-{first}", "--to", f"2026-06-{last}")
    answer = ask("run", "--account", "demo", *days, *more)
    assert answer.code == 0, answer.err


def _changes(account: Account) -> list[tuple[int, str, str]]:
    lake = Lake(account.root)
    rows = lake.scan("permission_changes", lake.partitions("permission_changes")).collect()
    return sorted(
        (day.day, action, change) for day, action, change in rows.select("day", "action", "change").rows()
    )


def _hashes(account: Account, *tables: str) -> dict[str, str]:
    return {
        str(path.relative_to(account.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for table in tables
        for path in sorted((account.root / table).rglob("*.parquet"))
    }


WHAT_HAPPENED = [
    (25, "iam:GetUser", "first_used"),
    (27, "iam:GetUser", "became_unused"),
    (29, "iam:GetUser", "used_again"),
]
REMEMBERED = (
    "permission_trends",
    "account_trends",
    "organization_trends",
    "permission_changes",
    "permission_history",
    "permission_history_days",
)


def test_backfills_in_any_order_end_with_the_same_bytes(demo: Account, ask: Ask) -> None:
    _run(ask, 24, 30)
    assert _changes(demo) == WHAT_HAPPENED
    history = Lake(demo.root).scan("permission_history", [AccountPartition(ACCOUNT)]).collect()
    mine = history.filter(pl.col("action") == "iam:GetUser").select(
        "status", "valid_from", "valid_to", "last_seen"
    )
    assert [(s, f.day, t and t.day, n.day) for s, f, t, n in mine.rows()] == [
        ("unused", 24, 25, 24),
        ("used", 25, 27, 26),
        ("unused", 27, 29, 28),
        ("used", 29, None, 30),
    ]
    whole = _hashes(demo, *REMEMBERED)
    assert len(whole) == 4 * 7 + 2
    for path in (*demo.root.rglob("day=*/**/*.parquet"), *demo.root.rglob("account=*/*.parquet")):
        path.unlink(missing_ok=True)
    for first, last in ((28, 30), (24, 27)):
        _run(ask, first, last)
    _run(ask, 24, 30, "--missing-only")
    assert _hashes(demo, *REMEMBERED) == whole


def test_a_deny_that_takes_all_that_a_statement_grants_is_told_from_its_removal(
    demo: Account, ask: Ask
) -> None:
    demo.configure(lookback_days=2, as_of="2026-06-29", accounts=[_account("2026-06-29")])
    _run(ask, 29, 29)
    deny = {"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}
    demo.write_iam(iam(ALICE, role("admin", allow("iam:CreateUser"), deny)))
    demo.configure(lookback_days=2, accounts=[_account("2026-06-30")])
    _run(ask, 30, 30)
    rows = Lake(demo.root).scan("permission_changes", [Partition(LAST, ACCOUNT)]).collect()
    assert rows.filter(change="revoked").select("action", "statement").rows() == [
        (
            "iam:CreateUser",
            "inline, statement 0: Allow Action iam:CreateUser"
            " (it still says so: a Deny, the boundary or an SCP takes it away)",
        )
    ]


def test_a_new_snapshot_is_a_change_with_its_statement(demo: Account, ask: Ask) -> None:
    demo.configure(lookback_days=2, as_of="2026-06-29", accounts=[_account("2026-06-29")])
    _run(ask, 28, 29)
    carol = user("carol", allow("s3:ListAllMyBuckets"))
    demo.write_iam(iam(user("alice", allow("iam:GetUser", "iam:DeleteUser", Sid="More")), carol))
    demo.configure(lookback_days=2, accounts=[_account("2026-06-30")])
    _run(ask, 30, 30)
    rows = Lake(demo.root).scan("permission_changes", [Partition(LAST, ACCOUNT)]).collect()
    found = rows.select("principal_name", "action", "change", "statement").sort(
        "principal_name", "change", "action"
    )
    assert found.rows() == [
        ("admin", "", "principal_deleted", ""),
        ("admin", "iam:CreateUser", "revoked", "inline, statement 0: Allow Action iam:CreateUser"),
        ("alice", "iam:DeleteUser", "granted", "inline, statement 0 'More': Allow Action iam:DeleteUser"),
        ("alice", "iam:ListUsers", "revoked", "inline, statement 0 'Look': Allow Action iam:ListUsers"),
        ("carol", "s3:ListAllMyBuckets", "granted", "inline, statement 0: Allow Action s3:ListAllMyBuckets"),
        ("carol", "", "principal_created", ""),
    ]
    assert rows["compared_with"].unique().to_list() == [date(2026, 6, 29)]


def _account(day: str) -> dict[str, str]:
    return {"name": "demo", "id": ACCOUNT, "iam": "iam.json", "taken_at": f"{day}T06:00:00Z"}


def test_the_trend_is_what_the_tables_say_and_follows_them(demo: Account, ask: Ask) -> None:
    _run(ask, 29, 30)
    answer = ask("trend", "--account", "demo", "--weeks", 2, "--format", "json")
    assert answer.code == 0, answer.err
    empty, full = json.loads(answer.out)
    assert (empty["week_to"], empty["day"], empty["unused"]) == ("2026-06-23", None, None)
    assert (full["day"], full["granted"], full["used"], full["unused"]) == ("2026-06-30", 3, 1, 2)
    # iam:ListUsers is List (1), iam:CreateUser Write (5).
    assert full["risk_score"] == 6.0
    alone = _series(ask, "--account", "demo", "--user", "alice")
    assert [(row["granted"], row["risk_score"]) for row in alone] == [(2, 1.0)]
    text = ask("trend", "--account", "all", "--weeks", 2)
    assert text.lines[0] == "the one account, 2 weeks to 2026-06-30"
    assert "1 of 2 weeks has no stored day" in text.err
    assert "\x1b" not in text.out

    before, bytes_ = _times(demo.root), _hashes(demo, *REMEMBERED)
    lake = Lake(demo.root)
    gone = [
        lake.path("permission_changes", Partition(LAST, ACCOUNT)),
        lake.path("permission_history", AccountPartition(ACCOUNT)),
    ]
    for path in gone:
        path.unlink()
    _run(ask, 29, 30, "--missing-only")
    made = {path for path, time in _times(demo.root).items() if before[path] != time}
    assert made == {
        *gone,
        *(lake.path(table, Partition(LAST, ACCOUNT)) for table in ("permission_trends", "account_trends")),
        lake.path("organization_trends", DayPartition(LAST)),
        lake.path("permission_history_days", AccountPartition(ACCOUNT)),
    }
    assert _hashes(demo, *REMEMBERED) == bytes_

    # Other weights are another score, and no diff is made for it.
    diffs = _times(demo.root / "principal_diffs")
    demo.configure(lookback_days=2, risk_weights={"list": 7})
    (row,) = _series(ask, "--account", "all")
    assert (row["risk_score"], row["score_version"]) == (12.0, RiskWeights(list=7).version)
    assert _times(demo.root / "principal_diffs") == diffs


def test_where_the_trends_cannot_be_made_anew_none_are_shown(demo: Account, ask: Ask) -> None:
    _run(ask, 29, 30)
    diffs = Lake(demo.root).path("principal_diffs", Partition(LAST, ACCOUNT))
    diffs.write_bytes(b"PAR1 damaged PAR1")
    demo.configure(lookback_days=2, risk_weights={"list": 7})
    answer = ask("trend", "--account", "demo", "--weeks", 1)
    assert (answer.code, answer.out) == (4, "")
    assert f"{diffs}: cannot be read" in answer.err


def test_a_sum_of_some_accounts_is_not_taken_for_that_of_all(demo: Account, ask: Ask) -> None:
    other = {"name": "other", "id": "222222222222", "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    demo.configure(lookback_days=2, accounts=[_account("2026-06-30"), other])
    _run(ask, 30, 30)
    answer = ask("trend", "--account", "all", "--weeks", 1)
    assert (answer.code, answer.lines[0]) == (0, "all 2 accounts, 1 week to 2026-06-30")
    assert answer.err == "cloudtracker: 2026-06-30: only 1 of 2 accounts is stored and summed up\n"
    assert _series(ask, "--account", "all")[0]["accounts"] == 1
    assert "accounts" not in _series(ask, "--account", "demo")[0]


def test_two_of_one_name_in_a_merged_file_have_a_trend_each(demo: Account, ask: Ask) -> None:
    other = user("alice", allow("s3:DeleteBucket"), account="222222222222") | {"UserId": "AIDAANOTHER"}
    demo.write_iam(iam(ALICE, other))
    _run(ask, 29, 30)
    answer = ask("trend", "--account", "demo", "--user", "alice")
    assert (answer.code, answer.out) == (2, "")
    assert f"2 users are called 'alice'; give the ARN of one: {ALICE['Arn']}, {other['Arn']}" in answer.err
    near = ask("trend", "--account", "demo", "--role", "alice", "--weeks", 1)
    assert (near.code, near.out) == (2, "")
    assert "account demo, 2026-06-24 to 2026-06-30: no role 'alice'; there is a user of that name" in near.err
    for one, granted in ((ALICE, 2), (other, 1)):
        (row,) = _series(ask, "--account", "demo", "--user", one["Arn"])
        assert row["granted"] == granted


def _series(ask: Ask, *words: str) -> list[dict[str, Any]]:
    answer = ask("trend", *words, "--weeks", 1, "--format", "json")
    assert answer.code == 0, answer.err
    found: list[dict[str, Any]] = json.loads(answer.out)
    return found


def _times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("--account", "demo"),
            2,
            "no trends from 2026-04-08 to 2026-06-30; make them with 'cloudtracker run",
        ),
        (("--account", "all", "--user", "alice"), 2, "--user needs one account, not 'all'"),
        (("--account", "demo", "--weeks", "0"), 2, "--weeks 0 is not between 1 and 520"),
        (("--account", "demo", "--format", "xml"), 2, "--format 'xml' is none of text, json, csv"),
        (("--account", "demo", "--user", "a", "--role", "b"), 2, "say --user NAME or --role NAME, not both"),
    ],
)
def test_what_cannot_be_answered_is_said(
    demo: Account, ask: Ask, words: tuple[str, ...], code: int, said: str
) -> None:
    answer = ask("trend", *words)
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err


def test_a_negative_weight_is_refused(demo: Account, ask: Ask) -> None:
    demo.configure(risk_weights={"write": -1})
    answer = ask("trend", "--account", "demo")
    assert answer.code == 2
    assert "key 'risk_weights.write': -1.0 is no weight" in answer.err


def test_a_broken_history_is_an_error_that_names_the_file(demo: Account, ask: Ask) -> None:
    _run(ask, 30, 30)
    path = Lake(demo.root).path("permission_history", AccountPartition(ACCOUNT))
    path.write_bytes(path.read_bytes()[:40])
    answer = ask("run", "--account", "demo", "--from", "2026-06-30", "--to", "2026-06-30")
    assert answer.code == 5
    assert f"{path}: is not a whole Parquet file; delete it, the next run makes it again" in answer.err
    path.unlink()
    _run(ask, 30, 30, "--missing-only")
    assert path.exists()
