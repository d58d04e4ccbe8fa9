"""The original's questions, asked of small accounts: from the logs to the printed lines."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.build import allow, iam, log_file, record, role, user
from tests.conftest import Account, Ask, Make

ALICE = user(
    "alice", allow("s3:CreateBucket", "s3:ListAllMyBuckets", "s3:GetObject", "iam:CreateUser", "iam:GetUser")
)
BOB = user("bob", allow("s3:ListAllMyBuckets"))
ADMIN = role("admin", allow("s3:CreateBucket", "ec2:RunInstances"))
WINDOW = [date(2026, 6, 26) + timedelta(days=n) for n in range(5)]


@pytest.fixture
def demo(account: Account) -> Account:
    return _write(account)


@pytest.fixture
def asked(made: Make) -> Account:
    """The same, with its tables."""
    return made(_write, "--account", "demo", "--user", "alice")


def _write(account: Account) -> Account:
    """alice used one permission, was refused one and failed with one; admin used one; bob was never seen."""
    account.write_iam(iam(ALICE, BOB, ADMIN))
    for day in WINDOW:
        account.log(record(ALICE, "sts:GetCallerIdentity", f"{day}T08:00:00Z"))
    account.log(
        record(ALICE, "s3:ListBuckets", "2026-06-28T10:00:00Z"),
        record(ALICE, "s3:CreateBucket", "2026-06-28T11:00:00Z", errorCode="BucketAlreadyExists"),
        record(ALICE, "iam:CreateUser", "2026-06-28T11:00:00Z", errorCode="AccessDenied"),
    )
    account.log(
        record(ALICE, "ec2:StopInstances", "2026-06-29T09:00:00Z"),
        record(ADMIN, "s3:CreateBucket", "2026-06-29T10:00:00Z"),
    )
    return account


def test_a_users_permissions(asked: Account, ask: Ask) -> None:
    answer = ask("--account", "demo", "--user", "alice")
    assert answer.code == 0
    assert answer.lines == [
        "Getting info on alice, user created 2020-01-01T00:00:00Z",
        "+ ec2:stopinstances",
        "- iam:createuser",
        "- iam:getuser",
        "? s3:createbucket",
        "? s3:getobject",
        "  s3:listallmybuckets",
    ]


@pytest.mark.parametrize(
    ("flag", "hidden"),
    [
        ("--show-used", {"- iam:createuser", "- iam:getuser", "? s3:createbucket", "? s3:getobject"}),
        ("--ignore-unknown", {"? s3:createbucket", "? s3:getobject"}),
        ("--ignore-benign", {"  s3:listallmybuckets"}),
    ],
)
def test_filters_leave_out_what_they_say_and_nothing_else(
    asked: Account, ask: Ask, flag: str, hidden: set[str]
) -> None:
    everything = ask("--account", "demo", "--user", "alice").lines
    assert ask("--account", "demo", "--user", "alice", flag).lines == [
        line for line in everything if line not in hidden
    ]


def test_a_roles_permissions(asked: Account, ask: Ask) -> None:
    answer = ask("--account", "111111111111", "--role", "admin")
    assert answer.lines == ["Getting info for role admin", "- ec2:runinstances", "  s3:createbucket"]


def test_users_and_roles_are_listed(asked: Account, ask: Ask) -> None:
    assert ask("--account", "demo", "--list", "users").lines == ["  alice", "- bob"]
    assert ask("--account", "demo", "--list", "roles").lines == ["  admin"]


def test_json_has_every_column_with_canonical_names(asked: Account, ask: Ask) -> None:
    rows = json.loads(ask("--account", "demo", "--user", "alice", "--format", "json").out)
    used = next(row for row in rows if row["action"] == "s3:ListAllMyBuckets")
    assert used["status"] == "used"
    assert used["reason"] == "called"
    assert used["first_used"] == used["last_used"] == "2026-06-28T10:00:00Z"
    assert (used["window_days"], used["covered_days"], used["events"]) == (5, 5, 1)
    by_action = {row["action"]: (row["reason"], row["denied_events"], row["error_events"]) for row in rows}
    assert by_action["s3:CreateBucket"] == ("only_errors", 0, 1)
    assert by_action["iam:CreateUser"] == ("only_denied", 1, 0)
    assert by_action["s3:GetObject"] == ("selectors_unknown", 0, 0)


def test_csv_has_a_header_and_the_same_rows(asked: Account, ask: Ask) -> None:
    rows = list(
        csv.DictReader(io.StringIO(ask("--account", "demo", "--list", "users", "--format", "csv").out))
    )
    assert [(row["principal_name"], row["status"]) for row in rows] == [("alice", "used"), ("bob", "unused")]


def test_another_window_is_answered_by_the_same_rules(asked: Account, ask: Ask) -> None:
    short = ask("--account", "demo", "--user", "alice", "--start", "2026-06-29", "--end", "2026-06-30")
    assert "- s3:listallmybuckets" in short.lines
    assert "- s3:createbucket" in short.lines
    assert "+ ec2:stopinstances" in short.lines


def test_the_second_answer_reads_only(demo: Account, ask: Ask) -> None:
    ask("--account", "demo", "--user", "alice")
    before = {path: path.stat().st_mtime_ns for path in demo.root.rglob("*.parquet")}
    ask("--account", "demo", "--user", "alice")
    assert {path: path.stat().st_mtime_ns for path in demo.root.rglob("*.parquet")} == before


def test_logs_that_arrive_afterwards_are_read(demo: Account, ask: Ask) -> None:
    assert "- iam:getuser" in ask("--account", "demo", "--user", "alice").lines
    demo.log(record(ALICE, "iam:GetUser", "2026-06-27T10:00:00Z"))
    assert "  iam:getuser" in ask("--account", "demo", "--user", "alice").lines


def test_a_very_late_delivery_is_found_when_its_own_day_is_read(demo: Account, ask: Ask) -> None:
    late = record(ALICE, "iam:GetUser", "2026-06-26T10:00:00Z")
    log_file(demo.logs, [late], day=date(2026, 6, 30))
    assert "  iam:getuser" in ask("--account", "demo", "--user", "alice").lines


def test_changed_iam_data_is_read_again(demo: Account, ask: Ask) -> None:
    ask("--account", "demo", "--user", "alice")
    demo.write_iam(iam(user("alice", allow("iam:GetUser")), BOB, ADMIN))
    lines = ask("--account", "demo", "--user", "alice").lines
    assert lines[1:] == ["+ ec2:stopinstances", "- iam:getuser", "+ s3:listallmybuckets"]


def test_another_iam_file_is_asked_about_without_being_stored(
    demo: Account, ask: Ask, tmp_path: Path
) -> None:
    ask("--account", "demo", "--user", "alice")
    stored = {path: path.read_bytes() for path in demo.root.rglob("*.parquet")}
    other = tmp_path / "other.json"
    other.write_text(json.dumps(iam(user("alice", allow("iam:GetUser")))), encoding="utf-8")
    answer = ask("--account", "demo", "--user", "alice", "--iam", other)
    assert answer.lines[1:] == ["+ ec2:stopinstances", "- iam:getuser", "+ s3:listallmybuckets"]
    assert {path: path.read_bytes() for path in demo.root.rglob("*.parquet")} == stored


def test_without_any_logs_nothing_is_called_unused(account: Account, ask: Ask) -> None:
    account.write_iam(iam(ALICE, BOB))
    answer = ask("--account", "demo", "--user", "bob")
    assert answer.lines[1:] == ["? s3:listallmybuckets"]
    assert "no complete logs of account demo (111111111111) for 2026-06-26 to 2026-06-30" in answer.err
    assert ask("--account", "demo", "--list", "users").lines == ["? alice", "? bob"]


def test_a_day_without_logs_is_said(demo: Account, ask: Ask) -> None:
    for file in (demo.logs / "AWSLogs").rglob("27/*.gz"):
        file.unlink()
    answer = ask("--account", "demo", "--list", "users")
    assert answer.lines == ["  alice", "- bob"]
    assert "complete logs for 4 of 5 days" in answer.err


def test_a_role_that_iam_saw_and_the_logs_did_not_is_unknown(account: Account, ask: Ask) -> None:
    seen = {"RoleLastUsed": {"LastUsedDate": "2026-06-29T10:00:00Z", "Region": "us-east-1"}}
    account.write_iam(
        iam(ALICE, role("hidden", allow("iam:GetUser"), **seen), role("idle", allow("iam:GetUser")))
    )
    account.log(record(ALICE, "s3:ListBuckets", "2026-06-28T10:00:00Z"))
    assert ask("--account", "demo", "--role", "hidden").lines[1:] == ["? iam:getuser"]
    assert ask("--account", "demo", "--role", "idle").lines[1:] == ["- iam:getuser"]
    assert ask("--account", "demo", "--list", "roles").lines == ["? hidden", "- idle"]


def test_a_name_made_anew_does_not_inherit_what_the_old_one_did(account: Account, ask: Ask) -> None:
    account.write_iam(iam(user("alice", allow("iam:GetUser"), UserId="AIDANEWNEWNEWNEWNEWNE")))
    account.log(record(ALICE, "iam:GetUser", "2026-06-28T10:00:00Z"))
    assert ask("--account", "demo", "--user", "alice").lines[1:] == ["- iam:getuser"]
    assert ask("--account", "demo", "--list", "users").lines == ["- alice"]


def test_a_sign_in_makes_active_and_uses_nothing(account: Account, ask: Ask) -> None:
    account.write_iam(iam(ALICE))
    signed_in = record(ALICE, "signin:ConsoleLogin", "2026-06-28T10:00:00Z", eventType="AwsConsoleSignIn")
    account.log(signed_in)
    assert ask("--account", "demo", "--list", "users").lines == ["  alice"]
    assert ask("--account", "demo", "--user", "alice", "--show-used").lines[1:] == []


def test_an_attached_policy_that_is_not_in_the_file_makes_verdicts_unknown(
    account: Account, ask: Ask
) -> None:
    missing = {"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}
    account.write_iam(iam(user("alice", allow("iam:GetUser"), AttachedManagedPolicies=[missing])))
    account.log(record(ALICE, "ec2:StopInstances", "2026-06-28T10:00:00Z"))
    assert ask("--account", "demo", "--user", "alice").lines[1:] == ["? ec2:stopinstances", "? iam:getuser"]


def test_two_of_one_name_in_a_merged_file_are_told_apart_by_their_arns(account: Account, ask: Ask) -> None:
    other = user("alice", allow("s3:DeleteBucket"), account="222222222222") | {
        "UserId": "AIDAOFANOTHERACCOUNT"
    }
    account.write_iam(iam(ALICE, other))
    for day in WINDOW:
        account.log(record(ALICE, "s3:ListBuckets", f"{day}T08:00:00Z"))
    answer = ask("--account", "demo", "--user", "alice")
    assert answer.code == 2
    assert "2 users are called 'alice'; give the ARN of one" in answer.err
    assert ALICE["Arn"] in answer.err and other["Arn"] in answer.err
    for start in ((), ("--start", "2026-06-28")):
        answer = ask("--account", "demo", "--user", ALICE["Arn"], *start)
        assert (answer.code, answer.lines[1:]) == (
            0,
            [
                "- iam:createuser",
                "- iam:getuser",
                "- s3:createbucket",
                "? s3:getobject",
                "  s3:listallmybuckets",
            ],
        )
        # What it does in its own account is in no log of this one.
        assert ask("--account", "demo", "--user", other["Arn"], *start).lines[1:] == ["? s3:deletebucket"]
    assert ask("--account", "demo", "--list", "users").lines == ["  alice", "? alice"]
    told = ask("explain", "--account", "demo", "--user", other["Arn"], "iam:GetUser").out
    assert "it is not granted, and no use of it is seen in these logs, which are of another account" in told


def test_why_so_much_is_unknown_is_said(demo: Account, ask: Ask) -> None:
    gone = {"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}
    demo.write_iam(iam({**ALICE, "AttachedManagedPolicies": [gone]}, BOB))
    answer = ask("--account", "demo", "--user", "alice")
    unknown = sum(line.startswith("? ") for line in answer.lines)
    assert unknown >= 4 and answer.err == (
        f"cloudtracker: {unknown} of {len(answer.lines) - 1} lines are unknown because a policy of alice could not be"
        " read: 'cloudtracker grants' names it\n"
    )
    assert ask("--account", "demo", "--user", "bob").err == ""


def test_a_policy_that_cannot_be_read_is_told_also_where_it_leaves_no_line(demo: Account, ask: Ask) -> None:
    gone = {"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}
    carol = user("carol", AttachedManagedPolicies=[gone])
    demo.write_iam(iam(ALICE, BOB, carol))
    answer = ask("--account", "demo", "--user", "carol")
    said = "cloudtracker: a policy of carol could not be read, and what it grants is not among these lines: "
    assert answer.lines[1:] == [] and answer.err == f"{said}'cloudtracker grants' names it\n"
    demo.write_iam(iam(ALICE, BOB))
    file = demo.folder / "other.json"
    file.write_text(json.dumps(iam(ALICE, BOB, carol)), encoding="utf-8")
    answer = ask("--account", "demo", "--user", "carol", "--iam", file)
    assert answer.err == f"{said}identity policy {gone['PolicyArn']}: it is not in the snapshot\n"


def test_a_window_that_is_too_short_for_anything_to_be_unused_says_so(demo: Account, ask: Ask) -> None:
    demo.configure(min_covered_days=6)
    answer = ask("--account", "demo", "--user", "bob")
    assert answer.lines[1:] == ["? s3:listallmybuckets"]
    assert answer.err == (
        "cloudtracker: the window has 5 days, fewer than 'min_covered_days: 6': nothing in it is unused\n"
    )
    assert ask("--account", "demo", "--list", "users").err == answer.err
    # Neither is it said what 'unused' means where nothing is.
    longer = ask("--account", "demo", "--user", "bob", "--start", "2026-06-24")
    assert "for 5 of 7 days (2026-06-24 to 2026-06-30), fewer than 'min_covered_days: 6'" in longer.err
    assert "means" not in longer.err
