"""`--fail-on` and exclusions, through the real command."""

import csv
import io
import json

import pytest

from tests.build import allow, iam, record, role, user
from tests.conftest import Account, Ask, Make

ALICE = user("alice", allow("iam:GetUser", "iam:ListUsers", "iam:PassRole"))
BOB = user("bob", allow("iam:ListUsers"))
ADMIN = role("admin", allow("iam:ListUsers"))
ASKED = ("--account", "demo", "--user", "alice")


@pytest.fixture
def demo(account: Account) -> Account:
    return _write(account)


@pytest.fixture
def asked(made: Make) -> Account:
    """The same, with its tables."""
    return made(_write, *ASKED)


def _write(account: Account) -> Account:
    """alice: one used, one unused, one unknown, one not granted; bob: nothing; admin: all that is granted."""
    account.write_iam(iam(ALICE, BOB, ADMIN))
    account.log(
        record(ALICE, "iam:ListUsers", "2026-06-28T10:00:00Z"),
        record(ALICE, "ec2:StopInstances", "2026-06-28T10:00:00Z"),
        record(ADMIN, "iam:ListUsers", "2026-06-28T10:00:00Z"),
    )
    return account


def _excluded(*exclusions: tuple[str, str], **more: str) -> list[dict[str, str]]:
    return [
        {"principal": principal, "action": action, "reason": "left as it is", "owner": "ops", **more}
        for principal, action in exclusions
    ]


@pytest.fixture
def said() -> dict[tuple[str, ...], str]:
    """Flags, and what is left of the answer's lines that they name; nothing where there is none."""
    return {
        (): "",
        ("--fail-on", "unused"): "1 unused",
        ("--fail-on", "not_granted"): "1 not_granted",
        ("--fail-on", "unknown"): "1 unknown",
        ("--fail-on", "unknown, unused"): "1 unused, 1 unknown",
        ("--fail-on", "unused", "--fail-on", "not_granted"): "1 unused, 1 not_granted",
        # What a filter leaves out is not in the answer.
        ("--ignore-unknown", "--fail-on", "unknown"): "",
        ("--show-used", "--fail-on", "unused"): "",
        ("--show-used", "--fail-on", "not_granted"): "1 not_granted",
        ("--format", "json", "--fail-on", "unused"): "1 unused",
    }


def test_the_exit_code_says_what_is_in_the_answer(
    asked: Account, ask: Ask, said: dict[tuple[str, ...], str]
) -> None:
    ask(*ASKED)
    for flags, found in said.items():
        others = flags[: flags.index("--fail-on")] if flags else ()
        plain, answer = ask(*ASKED, *others), ask(*ASKED, *flags)
        assert (plain.code, answer.code) == (0, 1 if found else 0), flags
        assert answer.out == plain.out, flags
        assert answer.err == plain.err + (f"cloudtracker: --fail-on: {found}\n" if found else ""), flags


def test_a_principal_without_such_lines_passes(asked: Account, ask: Ask) -> None:
    every = ("--fail-on", "unused,not_granted,unknown")
    assert ask("--account", "demo", "--role", "admin", *every).code == 0


def test_another_word_is_refused(asked: Account, ask: Ask) -> None:
    answer = ask(*ASKED, "--fail-on", "unused,used")
    assert answer.code == 2
    assert "--fail-on 'used' is none of unused, not_granted, unknown" in answer.err


def test_it_stands_behind_no_command(asked: Account, ask: Ask) -> None:
    answer = ask("--fail-on", "unused", "tables")
    assert answer.code == 2
    assert "--fail-on stands before 'tables'" in answer.err


def test_help_says_the_exit_code(ask: Ask) -> None:
    said = " ".join(ask("--help").out.split())
    assert "1 the answer holds what --fail-on names" in said


def test_what_is_excluded_is_marked_printed_and_passed_over(demo: Account, ask: Ask) -> None:
    before = ask(*ASKED)
    demo.configure(exclusions=_excluded(("alice", "iam:Get*"), ("alice", "ec2:*")))
    answer = ask(*ASKED, "--fail-on", "unused,not_granted")
    assert (answer.code, answer.lines) == (0, before.lines)
    assert ask(*ASKED, "--fail-on", "unknown").code == 1
    rows = json.loads(ask(*ASKED, "--format", "json").out)
    assert {row["action"]: (row["excluded"], row["exclusion"]) for row in rows} == {
        "ec2:StopInstances": (True, "left as it is (ops)"),
        "iam:GetUser": (True, "left as it is (ops)"),
        "iam:ListUsers": (False, ""),
        "iam:PassRole": (False, ""),
    }


def test_a_changed_exclusion_holds_at_once_in_every_window(demo: Account, ask: Ask) -> None:
    short = (*ASKED, "--start", "2026-06-28")
    assert ask(*ASKED, "--fail-on", "unused").code == ask(*short, "--fail-on", "unused").code == 1
    demo.configure(exclusions=_excluded(("*", "iam:*"), expires="2026-06-30"))
    assert ask(*ASKED, "--fail-on", "unused").code == ask(*short, "--fail-on", "unused").code == 0
    demo.configure(exclusions=_excluded(("*", "iam:*"), expires="2026-06-29"))
    assert ask(*ASKED, "--fail-on", "unused").code == ask(*short, "--fail-on", "unused").code == 1


def test_it_had_not_expired_on_an_earlier_day(demo: Account, ask: Ask) -> None:
    demo.configure(exclusions=_excluded(("*", "iam:*"), expires="2026-06-29"))
    answer = ask(*ASKED, "--end", "2026-06-29", "--fail-on", "unused")
    assert "- iam:getuser" in answer.lines
    assert answer.code == 0


def test_an_exclusion_that_matches_nobody_is_named(demo: Account, ask: Ask) -> None:
    """A misspelt name excludes nothing: whoever decided it has to hear of that."""
    matched = _excluded(("alice", "iam:*"), ("arn:aws:iam::*:user/b?b", "*"))
    demo.configure(exclusions=[*matched, *_excluded(("alcie", "*"))])
    said = "exclusions[2].principal: 'alcie' matches no user or role of account demo on 2026-06-30"
    for asked in (ASKED, ("--account", "demo", "--list", "roles"), (*ASKED, "--destrole", "admin")):
        answer = ask(*asked, "--fail-on", "not_granted")
        assert answer.err.count("matches no user or role") == 1, asked
        assert f"{said}; did you mean 'alice'?" in answer.err
        assert "matches no user or role" not in ask(*asked).err
    demo.configure(exclusions=[*matched, *_excluded(("alcie", "*"), expires="2026-06-29")])
    assert "matches no user or role" not in ask(*ASKED, "--fail-on", "unused").err


def test_an_exclusion_for_all_accounts_may_match_in_another(demo: Account, ask: Ask) -> None:
    ours = {"name": "demo", "id": "111111111111", "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    other = {**ours, "name": "other", "id": "222222222222", "iam": "other.json"}
    carol = user("carol", allow("iam:GetUser"), account="222222222222")
    (demo.folder / "other.json").write_text(json.dumps(iam(carol)), encoding="utf-8")
    exclusions = _excluded(("carol", "*"), ("dave", "*"))
    demo.configure(accounts=[ours, other], exclusions=exclusions)
    # What the other holds is not known before its snapshot is stored.
    assert "matches no user or role" not in ask(*ASKED, "--fail-on", "unused").err
    ask("--account", "other", "--list", "users")
    said = [line for line in ask(*ASKED, "--fail-on", "unused").err.splitlines() if "matches no" in line]
    assert len(said) == 1
    assert said[0].endswith(
        "exclusions[1].principal: 'dave' matches no user or role of any account on 2026-06-30"
    )
    demo.configure(accounts=[ours, other], exclusions=[{**exclusions[0], "account": "demo"}])
    assert "'carol' matches no user or role of account demo" in ask(*ASKED, "--fail-on", "unused").err


def test_another_accounts_exclusion_is_not_ours(demo: Account, ask: Ask) -> None:
    demo.configure(exclusions=_excluded(("*", "*"), account="demo"))
    assert ask(*ASKED, "--fail-on", "unused").code == 0
    ours = {"name": "demo", "id": "111111111111", "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    demo.configure(
        accounts=[ours, {"name": "other", "id": "222222222222"}],
        exclusions=_excluded(("*", "*"), account="other"),
    )
    assert ask(*ASKED, "--fail-on", "unused").code == 1


def test_lists_fail_on_principals_and_pass_over_those_excluded_with_all_actions(
    demo: Account, ask: Ask
) -> None:
    users = ("--account", "demo", "--list", "users")
    assert ask(*users, "--fail-on", "unused").code == 1
    assert ask(*users, "--fail-on", "unknown,not_granted").code == 0
    demo.configure(exclusions=_excluded(("bob", "iam:*")))
    assert ask(*users, "--fail-on", "unused").code == 1
    demo.configure(exclusions=_excluded(("bob", "*")))
    answer = ask(*users, "--fail-on", "unused")
    assert (answer.code, answer.lines) == (0, ["  alice", "- bob"])
    rows = list(csv.DictReader(io.StringIO(ask(*users, "--format", "csv").out)))
    assert [(row["principal_name"], row["exclusion"]) for row in rows] == [
        ("alice", ""),
        ("bob", "left as it is (ops)"),
    ]
