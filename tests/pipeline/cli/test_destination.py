"""`--destrole`, `--destaccount` and `who` through the real command, on two small accounts."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.assume import assume, by, with_key
from tests.build import ACCOUNT, allow, iam, role, user
from tests.conftest import Account, Ask

OTHER = "222222222222"


def trusting(*arns: str, **more: Any) -> dict[str, Any]:
    """Return a role's trust policy that names those."""
    statement = {"Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": "sts:AssumeRole", **more}
    return {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


ALICE = user("alice", allow("sts:AssumeRole"))
BOB = user("bob")
DEPLOY = role("deploy", allow("sts:AssumeRole"), **trusting(ALICE["Arn"], BOB["Arn"]))
ADMIN = role("admin", allow("s3:CreateBucket", "iam:CreateUser", "ec2:DescribeInstances", "sts:AssumeRole"), **trusting(
    DEPLOY["Arn"], ALICE["Arn"], BOB["Arn"], f"arn:aws:iam::{ACCOUNT}:user/gone"
))  # fmt: skip
VAULT = role(
    "vault", allow("backup:*"), account=OTHER, **trusting(f"arn:aws:iam::{ACCOUNT}:root", "333333333333")
)
OLD_ADMIN = {**ADMIN, "RoleId": "AROAOLDADMINOLDADMIN0"}
ALICE_ASKS = ("--account", "demo", "--user", "alice")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, facts: Path) -> Account:
    """alice as admin directly and through deploy, and as vault of another account; bob once; the old admin once.

    The first question makes the tables, the others find them.
    """
    account = Account(tmp_path_factory.mktemp("two") / "accounts")
    account.logs.joinpath("AWSLogs").mkdir(parents=True)
    shutil.copytree(facts, account.root)
    account.write_iam(iam(ALICE, BOB, DEPLOY, ADMIN))
    (account.folder / "other.json").write_text(json.dumps(iam(VAULT)), encoding="utf-8")
    account.configure(
        accounts=[
            {"name": "demo", "id": ACCOUNT, "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"},
            {"name": "other", "id": OTHER, "iam": "other.json", "taken_at": "2026-06-30T06:00:00Z"},
        ]
    )
    me = with_key(ALICE)
    began, direct = assume(me, ADMIN, "2026-06-27T23:50:00Z", "alice", "ASIADIRECT")
    first, deploy = assume(me, DEPLOY, "2026-06-28T10:00:00Z", "alice", "ASIADEPLOY")
    second, admin = assume(deploy, ADMIN, "2026-06-28T10:01:00Z", "pipeline", "ASIAADMIN")
    (mine, theirs), vault = assume(admin, VAULT, "2026-06-28T10:02:00Z", "pipeline", "ASIAVAULT")
    other, bobs = assume(with_key(BOB, "AKIABOB"), ADMIN, "2026-06-29T10:00:00Z", "bob", "ASIABOB")
    past, old = assume(me, OLD_ADMIN, "2026-06-29T12:00:00Z", "alice", "ASIAOLD")
    account.log(*began)
    account.log(by(direct, "s3:CreateBucket", "2026-06-28T00:10:00Z"), *first, *second, mine)
    account.log(by(admin, "iam:CreateUser", "2026-06-28T10:05:00Z"))
    account.log(by(bobs, "ec2:DescribeInstances", "2026-06-29T10:05:00Z"), *other, *past)
    account.log(
        by(old, "iam:DeleteUser", "2026-06-29T12:05:00Z"),
        by(me, "sts:GetCallerIdentity", "2026-06-30T10:00:00Z"),
    )
    account.log(theirs, by(vault, "backup:StartBackupJob", "2026-06-28T10:06:00Z"), account=OTHER)
    return account


@pytest.fixture
def demo(made: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The same accounts, with their configuration in the working directory."""
    monkeypatch.chdir(made.folder)
    return made


def test_what_alice_does_as_admin_through_every_chain(demo: Account, ask: Ask) -> None:
    answer = ask(*ALICE_ASKS, "--destrole", "admin", "--show-used")
    assert answer.code == 0
    assert answer.lines == [
        "Getting info on alice, user created 2020-01-01T00:00:00Z",
        "Getting info for AssumeRole into admin",
        "  iam:createuser",
        "  s3:createbucket",
        "  sts:assumerole",
    ]
    assert "1 session through alice > demo/admin (certain)" in answer.err
    assert "1 session through alice > demo/deploy > demo/admin (certain)" in answer.err


def test_what_others_did_in_it_is_unused_by_alice(demo: Account, ask: Ask) -> None:
    assert "- ec2:describeinstances" in ask(*ALICE_ASKS, "--destrole", "admin").lines
    bob = ask("--account", "demo", "--user", "bob", "--destrole", "admin").lines
    assert bob[2:] == ["  ec2:describeinstances", "- iam:createuser", "- s3:createbucket", "- sts:assumerole"]


def test_a_policy_of_the_role_that_cannot_be_read_is_told(demo: Account, ask: Ask, tmp_path: Path) -> None:
    gone = {"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}
    file = tmp_path / "iam.json"
    unread = {**ADMIN, "RolePolicyList": [], "AttachedManagedPolicies": [gone]}
    file.write_text(json.dumps(iam(ALICE, BOB, DEPLOY, unread)), encoding="utf-8")
    said = ask(*ALICE_ASKS, "--destrole", "admin", "--iam", file).err
    assert "lines are unknown because a policy of admin could not be read: identity policy" in said
    assert "could not be read" not in ask(*ALICE_ASKS, "--destrole", "admin").err


def test_data_names_the_chain(demo: Account, ask: Ask) -> None:
    rows = {
        row["action"]: row
        for row in json.loads(ask(*ALICE_ASKS, "--destrole", "admin", "--format", "json").out)
    }
    assert rows["iam:CreateUser"]["through"] == ["alice > demo/deploy > demo/admin"]
    assert rows["s3:CreateBucket"]["through"] == ["alice > demo/admin"]
    assert rows["s3:CreateBucket"]["certainty"] == "certain"
    assert (rows["ec2:DescribeInstances"]["through"], rows["ec2:DescribeInstances"]["certainty"]) == ([], "")
    table = ask(*ALICE_ASKS, "--destrole", "admin", "--format", "csv").lines
    assert table[0].endswith("through,certainty")
    assert any(line.endswith("alice > demo/deploy > demo/admin,certain") for line in table)


def test_a_role_of_another_account_and_a_role_as_the_source(demo: Account, ask: Ask) -> None:
    there = ("--destaccount", "other", "--destrole", "vault", "--show-used")
    assert ask(*ALICE_ASKS, *there).lines[1:] == [
        "Getting info for AssumeRole into vault",
        "  backup:startbackupjob",
    ]
    answer = ask("--account", "demo", "--role", "deploy", *there)
    assert answer.lines[0] == "Getting info for role deploy"
    assert answer.lines[2:] == ["  backup:startbackupjob"]


def test_a_role_that_was_not_assumed_is_said_so(demo: Account, ask: Ask) -> None:
    answer = ask("--account", "demo", "--user", "bob", "--destrole", "deploy", "--show-used")
    assert (answer.code, len(answer.lines)) == (0, 2)
    assert "bob did not assume deploy of account demo between 2026-06-26 and 2026-06-30" in answer.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([*ALICE_ASKS, "--destrole", "admni"], "account demo: no role 'admni'; did you mean 'admin'?"),
        (
            [*ALICE_ASKS, "--destaccount", "othr", "--destrole", "x"],
            "no account 'othr'; did you mean 'other'?",
        ),
        ([*ALICE_ASKS, "--destaccount", "other", "--destrole", "admin"], "account other: no role 'admin'"),
        ([*ALICE_ASKS, "--destaccount", "other"], "--destaccount needs the role in it: --destrole NAME"),
        (["--account", "demo", "--list", "users", "--destrole", "admin"], "--destrole needs one source"),
        (["--account", "demo", "--destrole", "admin"], "--destrole needs one source"),
        (
            ["who", "--account", "demo", "--role", "amdin"],
            "account demo: no role 'amdin'; did you mean 'admin'?",
        ),
        (["who", "--account", "demo", "--role", "admin", "--format", "xml"], "--format 'xml' is none of"),
    ],
)
def test_wrong_flags_are_named(demo: Account, ask: Ask, words: list[str], message: str) -> None:
    answer = ask(*words)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err.splitlines()[-1]


def test_who_used_the_role_and_who_may(demo: Account, ask: Ask) -> None:
    answer = ask("who", "--account", "demo", "--role", "admin")
    assert answer.lines == [
        "role admin of account demo, 2026-06-26 to 2026-06-30",
        "used by 2:",
        "  user alice",
        "      2 sessions, 3 events, last 2026-06-28 10:05:00 (certain)",
        "      through alice > demo/admin",
        "      through alice > demo/deploy > demo/admin",
        "      of all that the logs show, only they used iam:CreateUser, s3:CreateBucket, sts:AssumeRole",
        "  user bob",
        "      1 session, 1 event, last 2026-06-29 10:05:00 (certain)",
        "      through bob > demo/admin",
        "      of all that the logs show, only they used ec2:DescribeInstances",
        "may assume it:",
        "  role deploy of demo: the trust policy names it",
        "  user alice of demo: the trust policy names it",
        "  user bob of demo: the trust policy names it",
        "- user gone of demo [unknown]: trusted, and not among the users and roles of its account",
    ]


def test_a_trust_that_nobody_needs_is_a_finding(demo: Account, ask: Ask) -> None:
    lines = ask("who", "--account", "demo", "--role", "deploy").lines
    assert lines[-1] == "- user bob of demo: the trust policy names it"
    found = json.loads(ask("who", "--account", "other", "--role", "vault", "--format", "json").out)
    assert [(row["status"], row["kind"], row["name"]) for row in found["may"]] == [
        ("unused", "account", "333333333333"),
        ("used", "role", "admin"),
        ("unused", "role", "deploy"),
        ("unused", "user", "alice"),
    ]
    assert [(row["origin_name"], row["through"]) for row in found["used"]] == [
        ("alice", ["alice > demo/deploy > demo/admin > other/vault"])
    ]
    table = ask("who", "--account", "other", "--role", "vault", "--format", "csv").lines
    assert [line.split(",")[0] for line in table] == ["section", "used", "may", "may", "may", "may"]


def test_sessions_are_made_after_the_logs_of_every_account(
    made: Account, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = Account(tmp_path / "copy")
    shutil.copytree(made.folder, demo.folder)
    monkeypatch.chdir(demo.folder)
    run = ("run", "--account", "all", "--from", "2026-06-27", "--to", "2026-06-28")
    assert ask(*run).code == 0
    path = demo.root / "role_sessions" / "day=2026-06-28" / f"account={OTHER}" / "part-0.parquet"
    written, bytes_ = path.stat().st_mtime_ns, path.read_bytes()
    assert ask(*run, "--missing-only").code == 0
    assert path.stat().st_mtime_ns == written
    # Logs of one account arrive: the sessions of all are made anew, those before and long after stay.
    late, _ = assume(with_key(BOB, "AKIABOB"), VAULT, "2026-06-27T12:00:00Z", "bob", "ASIALATE")
    demo.log(late[0])
    assert ask(*run, "--missing-only").code == 0
    assert path.stat().st_mtime_ns > written
    assert path.read_bytes() == bytes_
