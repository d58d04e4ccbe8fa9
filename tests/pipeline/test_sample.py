"""The sample through the real command: what the original's README shows, and where every record went."""

import json
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from tests.conftest import CHECKOUT, Ask


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, facts: Path) -> Iterator[Path]:
    """A copy of the sample; its tables are made by the first question and kept for the others."""
    folder = tmp_path_factory.mktemp("copy") / "data_files" / "sample"
    shutil.copytree(DATA_FILES / "sample", folder)
    shutil.copytree(facts, folder.parents[1] / "cloudtracker-data" / "sample")
    yield folder / "config.yaml"


def _lake(sample: Path) -> Lake:
    return Lake(sample.parents[2] / "cloudtracker-data" / "sample")


def test_list_users(sample: Path, ask: Ask) -> None:
    assert ask("--account", "demo", "--list", "users", "--config", sample).lines == [
        "  alice",
        "- bob",
        "  charlie",
    ]


def test_list_roles_shows_admin_as_used(sample: Path, ask: Ask) -> None:
    assert "  admin" in ask("--account", "demo", "--list", "roles", "--config", sample).lines


def test_show_used(sample: Path, ask: Ask) -> None:
    answer = ask("--account", "demo", "--user", "alice", "--show-used", "--config", sample)
    assert answer.lines == [
        "Getting info on alice, user created 2017-09-02T18:02:14Z",
        "  cloudwatch:describealarmhistory",
        "  cloudwatch:describealarms",
        "+ s3:createbucket",
        "  sts:assumerole",
    ]


def test_all_of_alice(sample: Path, ask: Ask) -> None:
    lines = ask("--account", "demo", "--user", "alice", "--config", sample).lines
    cloudwatch = [line for line in lines if "cloudwatch:" in line]
    shown = [
        "  cloudwatch:describealarmhistory",
        "  cloudwatch:describealarms",
        "- cloudwatch:describealarmsformetric",
        "- cloudwatch:getdashboard",
        "? cloudwatch:getmetricdata",
    ]
    assert [line for line in cloudwatch if line in shown] == shown


def test_role_admin(sample: Path, ask: Ask) -> None:
    answer = ask("--account", "demo", "--role", "admin", "--show-used", "--config", sample)
    assert answer.lines == ["Getting info for role admin", "  iam:createuser", "  s3:createbucket"]


def test_data_events_that_were_recorded_prove_the_use(sample: Path, ask: Ask) -> None:
    rows = json.loads(
        ask("--account", "backup", "--list", "roles", "--format", "json", "--config", sample).out
    )
    used = []
    for row in rows:
        diff = ask(
            "--account", "backup", "--role", row["principal_name"], "--format", "json", "--config", sample
        ).out
        used += [one["action"] for one in json.loads(diff) if one["status"] == "used"]
    assert {"s3:GetObject", "s3:PutObject"} & set(used)


def test_every_record_is_accounted_for(sample: Path, ask: Ask) -> None:
    ask("--account", "demo", "--list", "users", "--config", sample)
    lake = _lake(sample)
    account = "111111111111"
    coverage = lake.scan("log_coverage", lake.partitions("log_coverage", account)).collect()
    usage = lake.scan("cloudtrail_usage", lake.partitions("cloudtrail_usage", account)).collect()
    rejected = lake.scan("rejected_records", lake.partitions("rejected_records", account)).collect()
    sums = coverage.select(pl.col(pl.Int64).sum()).row(0, named=True)
    assert usage["events"].sum() == sums["permission_events"] + sums["other_events"]
    assert rejected.height == sums["rejected"] == 3
    assert sums["duplicates"] > 0
    assert sums["records"] == (
        usage["events"].sum() + sums["duplicates"] + sums["rejected"] - sums["unreadable_files"]
    )


def test_late_deliveries_are_counted_on_their_own_day(sample: Path, ask: Ask) -> None:
    ask("--account", "demo", "--list", "users", "--config", sample)
    lake = _lake(sample)
    coverage = lake.scan("log_coverage", lake.partitions("log_coverage", "111111111111")).collect()
    late = coverage.filter(pl.col("late_for").list.len() > 0).select("day", "late_for").rows()
    assert late
    for delivered, days in late:
        for day in days:
            read = coverage.filter(pl.col("day") == day)["late_from"].explode().to_list()
            assert delivered in read


def test_what_alice_and_charlie_do_as_admin(sample: Path, ask: Ask) -> None:
    alice = ask(
        "--account", "demo", "--user", "alice", "--destrole", "admin", "--show-used", "--config", sample
    )
    assert alice.lines == [
        "Getting info on alice, user created 2017-09-02T18:02:14Z",
        "Getting info for AssumeRole into admin",
        "  iam:createuser",
        "  s3:createbucket",
    ]
    assert "3 sessions through alice > demo/admin (certain)" in alice.err
    assert "1 session through alice > demo/deploy > demo/admin (certain)" in alice.err
    for place in ((), ("--destaccount", "backup")):
        words = ("--account", "demo", "--user", "charlie", *place, "--destrole", "admin", "--show-used")
        assert ask(*words, "--config", sample).lines == [
            "Getting info on charlie, user created 2017-10-01T01:01:01Z",
            "Getting info for AssumeRole into admin",
            "  s3:createbucket",
        ]


def test_three_roles_over_two_accounts(sample: Path, ask: Ask) -> None:
    words = ("--account", "demo", "--user", "alice", "--destaccount", "backup", "--destrole", "restore")
    answer = ask(*words, "--show-used", "--config", sample)
    assert answer.lines[2:] == ["  backup:describerecoverypoint", "  backup:startrestorejob"]
    assert "1 session through alice > demo/deploy > backup/admin > backup/restore (certain)" in answer.err


def test_the_session_over_midnight_is_one(sample: Path, ask: Ask) -> None:
    ask("--account", "demo", "--user", "charlie", "--destrole", "admin", "--config", sample)
    rows = _lake(sample).scan("role_sessions", _lake(sample).partitions("role_sessions")).collect()
    night = rows.filter(pl.col("session_name") == "charlie-night").sort("day")
    assert night["session_id"].n_unique() == 1
    assert [day.day for day in night["day"]] == [11, 12]
    assert night["events"].to_list() == [0, 2]
    assert set(night["origin_name"]) == {"charlie"}


def test_who_uses_the_roles_of_the_sample(sample: Path, ask: Ask) -> None:
    def told(role: str, account: str = "demo") -> list[str]:
        return ask("who", "--account", account, "--role", role, "--config", sample).lines

    deploy = told("deploy")
    assert "  source identity alice" in deploy
    # Who called for that session is in no log.
    vague = "the trust policy names it, and who began some of its sessions is not in the logs"
    assert deploy[-2:] == [f"? user bob of demo: {vague}", f"? user charlie of demo: {vague}"]
    audit = told("audit")
    assert audit[1:3] == ["used by 1:", "  saml user auditor@example.org"]
    assert audit[-1].startswith("  federated arn:aws:iam::111111111111:saml-provider/partner [conditional]")
    assert told("support", "backup")[2:5] == [
        "  user charlie",
        "      1 session, 4 events, last 2026-06-17 09:12:00 (likely)",
        "      through charlie > backup/support",
    ]
    # The old role of that name was used, the new one, with another id, never.
    assert told("batch")[1:] == [
        "used by nobody that the logs show",
        "may assume it:",
        "- service ecs-tasks.amazonaws.com: the trust policy names the service",
    ]
    assert told("break-glass")[1] == "used by nobody that the logs show"
    assert "  service ec2.amazonaws.com" in told("app-server")


def _told(heading: str) -> list[list[str]]:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8").partition(heading)[2].split("```")[1]
    lines = [shlex.split(line, comments=True) for line in text.splitlines() if line.startswith("$ ")]
    assert all(words[1] == ".venv/bin/cloudtracker" for words in lines)
    return [words[2:] for words in lines]


def test_the_readmes_commands_about_one_action_work_as_they_stand(
    sample: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sample.parents[2])
    commands = _told("Four commands tell more of one action")
    assert [words[0] for words in commands] == ["explain", "grants", "expand", "map-event"]
    for words in commands:
        answer = ask(*words)
        assert (answer.code, bool(answer.out)) == (0, True), answer.err
