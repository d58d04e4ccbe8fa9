"""What the command says of one thing: an account with one user, one action, one event, on one day."""

from pathlib import Path

import pytest

from tests.build import allow, iam, record, user
from tests.conftest import Account, Ask

ALICE = user("alice", allow("iam:GetUser"))
GONE = {"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}
ALICES = ("--account", "demo", "--user", "alice")


@pytest.fixture
def demo(account: Account) -> Account:
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "iam:GetUser", "2026-06-30T10:00:00Z"))
    account.configure(lookback_days=1, late_days=0, warehouse={})
    return account


def test_one_of_each(demo: Account, ask: Ask, tmp_path: Path) -> None:
    made = ask("run", "--account", "demo").out
    assert "2026-06-30 to 2026-06-30: logs on 1 of 1 day\n" in made
    assert "  1 record in 1 file: 1 permission event, 0 other events, 0 duplicates, 0 rejected\n" in made
    assert "  on 2026-06-30: 1 used\n" in made
    assert ask("grants", *ALICES).lines[0].endswith(": 1 action, 0 of them restricted (~)")
    assert ask("trend", "--account", "demo", "--weeks", 1).lines[0].endswith(", 1 week to 2026-06-30")
    assert "keeps 1 used and 0 unknown actions; 0 unused are left out" in ask("policy", *ALICES).err
    published = ask("publish", "--everything").out.splitlines()
    assert published[0].endswith(": 1 of 1 day and account loaded")
    assert "  cloudtrail_usage: 1 row" in published
    page = tmp_path / "page.html"
    assert f"{page.with_suffix('.csv')}: 1 row\n" in ask("report", "--account", "demo", "--output", page).err


def test_verdicts_of_one_day_of_two(demo: Account, ask: Ask) -> None:
    """A day that was not asked for, or has no logs, is in the window of the verdicts all the same."""
    demo.configure(lookback_days=2, late_days=0, warehouse={})
    made = ask("run", "--account", "demo", "--from", "2026-06-30").out
    assert "2026-06-30 to 2026-06-30: logs on 1 of 1 day\n" in made
    assert "  on 2026-06-30: 1 used, with complete logs for 1 of the 2 days from 2026-06-29 on\n" in made


def test_one_line_whose_policy_could_not_be_read(demo: Account, ask: Ask) -> None:
    demo.write_iam(iam(user("bob", allow("iam:GetUser"), AttachedManagedPolicies=[GONE])))
    said = "cloudtracker: 1 of 1 line is unknown because a policy of bob could not be read"
    assert said in ask("--account", "demo", "--user", "bob").err


def test_one_record_that_nobody_understands(demo: Account, ask: Ask) -> None:
    demo.log(record(ALICE, "brandnew:DoIt", "2026-06-30T11:00:00Z"))
    (demo.logs / "AWSLogs/111111111111/CloudTrail/us-east-1/2026/06/30/broken.json").write_bytes(b"{")
    made = ask("run", "--account", "demo").out
    assert "1 rejected (1 of them a whole file) (table rejected_records)" in made
    assert "  1 of the permission events maps to no IAM action (table unmapped_events)" in made
