"""A root that cannot be written, as one that is mounted to be read only: what is stored still answers."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.build import allow, iam, record, role, user
from tests.conftest import Account, Ask
from tests.pipeline.cli.test_destination import trusting

ALICE = user("alice", allow("iam:GetUser", "sts:AssumeRole"))
DEPLOY = role("deploy", allow("s3:CreateBucket"), **trusting(ALICE["Arn"]))
WHO = ("who", "--account", "demo", "--role", "deploy")
BEFORE = "the logs of demo of 2026-06-24 to 2026-06-25 are not read: sessions that were begun there cannot be followed"

ReadOnly = Callable[[Path], None]


@pytest.fixture
def demo(account: Account, ask: Ask) -> Account:
    """Seven days of logs, of which the last five are made."""
    account.write_iam(iam(ALICE, DEPLOY))
    for day in range(24, 31):
        account.log(record(ALICE, "iam:GetUser", f"2026-06-{day}T10:00:00Z"))
    assert ask("run", "--account", "demo").code == 0
    return account


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> ReadOnly:
    """Let nothing be written below a folder, whoever runs the tests."""
    made = tempfile.NamedTemporaryFile

    def protect(folder: Path) -> None:
        def refuse(*words: Any, **more: Any) -> Any:
            if Path(more.get("dir") or "/").is_relative_to(folder):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))
            return made(*words, **more)

        monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)

    return protect


def test_a_run_that_finds_nothing_missing_ends_well(demo: Account, ask: Ask, read_only: ReadOnly) -> None:
    read_only(demo.root)
    answer = ask("run", "--account", "demo", "--missing-only")
    assert (answer.code, answer.err) == (0, "")
    assert "2026-06-26 to 2026-06-30: logs on 5 of 5 days" in answer.out


def test_what_is_to_be_made_is_an_error(demo: Account, ask: Ask, read_only: ReadOnly) -> None:
    demo.log(record(ALICE, "iam:GetUser", "2026-06-30T11:00:00Z"))
    read_only(demo.root)
    for words in (("run", "--account", "demo", "--missing-only"), ("run", "--account", "demo"), WHO):
        answer = ask(*words)
        assert answer.code == 4, words
        assert (
            "lake: cannot be written: Read-only file system; name another directory in 'storage: root'"
            in answer.err
        )


def test_who_answers_and_says_which_logs_it_lacks(demo: Account, ask: Ask, read_only: ReadOnly) -> None:
    read_only(demo.root)
    first = ask(*WHO)
    assert first.code == 0
    assert first.err.splitlines()[-2].endswith(
        "Read-only file system; name another directory in 'storage: root'"
    )
    assert first.err.splitlines()[-1] == f"cloudtracker: {BEFORE}"
    assert first.lines[-1] == "- user alice of demo: the trust policy names it"
    destination = ask("--account", "demo", "--user", "alice", "--destrole", "deploy")
    assert destination.code == 0
    assert "- s3:createbucket" in destination.lines
    assert BEFORE in destination.err


def test_a_folder_of_dagsters_that_cannot_be_written_is_named_as_such(
    demo: Account, ask: Ask, read_only: ReadOnly, dagster_home: Path
) -> None:
    read_only(dagster_home)
    assert ask("run", "--account", "demo", "--missing-only").code == 0
    answer = ask("run", "--account", "demo")
    assert answer.code == 4
    assert (
        f"{dagster_home}: cannot be written: Read-only file system; name another directory in DAGSTER_HOME"
        in answer.err
    )


def test_a_history_that_cannot_be_opened_is_named_and_not_needed(
    demo: Account, ask: Ask, dagster_home: Path
) -> None:
    (dagster_home / "history" / "runs" / "index.db").write_bytes(b"no database" * 1000)
    for beside in ("index.db-wal", "index.db-shm"):
        (dagster_home / "history" / "runs" / beside).unlink(missing_ok=True)
    assert ask("run", "--account", "demo", "--missing-only").code == 0
    assert ask(*WHO).code == 0
    answer = ask("run", "--account", "demo")
    assert answer.code == 4
    assert f"{dagster_home}: Dagster's history of runs cannot be opened: " in answer.err
