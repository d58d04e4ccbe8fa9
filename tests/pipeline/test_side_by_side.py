"""Accounts that are worked on at a time, by processes of their own: the same tables, and nothing hangs or is left."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.account_process import Errand
from pipeline.cli.bar import Bar
from pipeline.plan import Plan
from pipeline.runner import RunOptions, runner
from pipeline.runs import carry_out_all
from pipeline.settings import AccountSettings, load_settings
from pipeline.side_by_side import hands, usual_processes
from tests.build import allow, iam, log_file, record, user
from tests.conftest import Account, Ask
from tests.pipeline.many_days import PROGRAM, hashes
from tests.processes import gone

IDS = [f"{number}" * 12 for number in range(1, 5)]
RUN = ("run", "--account", "all", "--from", "2026-06-29")
TWO = (*RUN, "--processes", "2")
proc = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")


@pytest.fixture
def several(account: Account) -> Account:
    """Four accounts."""
    listed = []
    for number in IDS:
        someone = user("alice", allow("s3:*"), account=number)
        (account.folder / f"{number}.json").write_text(json.dumps(iam(someone)), encoding="utf-8")
        for day in ("2026-06-29", "2026-06-30"):
            calls = [
                record(someone, "s3:ListBuckets", f"{day}T{hour:02}:00:00Z", recipientAccountId=number)
                for hour in range(5)
            ]
            log_file(account.logs, calls, account=number)
        listed.append({"name": f"a{number[0]}", "id": number, "iam": f"{number}.json"})
    account.configure(accounts=[{**one, "taken_at": "2026-06-30T06:00:00Z"} for one in listed])
    return account


def _start(account: Account, *words: str) -> subprocess.Popen[str]:
    """Start a command in a group of its own, as a terminal does."""
    return subprocess.Popen(
        [PROGRAM, *words],
        cwd=account.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whoever runs the tests may ignore it, and programs inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def _until(said: str, process: subprocess.Popen[str]) -> str:
    """Return what a process has said until a line has that in it."""
    assert process.stderr is not None
    lines = []
    while not lines or said not in lines[-1]:
        lines.append(process.stderr.readline())
        assert lines[-1], "".join(lines)
    return "".join(lines)


def _children(pid: int) -> list[int]:
    """Return the processes that work on accounts; another one tells Python of semaphores that are left."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(child) for child in path.read_text().split()]
    return [one for one in found if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def test_the_tables_are_the_same_and_an_account_that_fails_stops_no_other(several: Account, ask: Ask) -> None:
    (several.folder / f"{IDS[1]}.json").write_text("{}")
    answer = ask(*TWO)
    assert answer.code == 5
    assert "cloudtracker: account a2: " in answer.err and "neither UserDetailList" in answer.err
    assert answer.err.count("account a") == 1 and "1 of 4 accounts failed" in answer.err
    made = hashes(several)
    assert ask(*RUN, "--processes", "1").code == 5
    assert hashes(several) == made
    days = sorted(path.name for path in (several.root / "organization_trends").iterdir())
    assert days == ["day=2026-06-29", "day=2026-06-30"]
    for number in IDS:
        (diff,) = [name for name in made if f"principal_diffs/day=2026-06-30/account={number}" in name] or [
            ""
        ]
        assert bool(diff) == (number != IDS[1])


@proc
@pytest.mark.long
def test_another_process_takes_the_place_of_one_that_dies(several: Account) -> None:
    process = _start(several, *TWO)
    _until("a2, ", process)
    os.kill(_children(process.pid)[0], signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 5, err
    (told,) = [line for line in err.splitlines() if line.startswith("cloudtracker: account a")]
    assert "ended with exit code -9 (killed, or out of memory?)" in told and "--missing-only" in told
    failed = told.split()[2].rstrip(":")
    assert [f"a{number[0]} " in out for number in IDS] == [f"a{number[0]}" != failed for number in IDS]
    again = _start(several, *TWO, "--missing-only")
    assert again.wait(timeout=120) == 0, again.communicate()
    assert list((several.root / ".staging").iterdir()) == []


def _to_all(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGINT)


def _to_the_first(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)


def _end_of_a_container(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)


@proc
@pytest.mark.long
@pytest.mark.parametrize("interrupt", [_to_all, _to_the_first, _end_of_a_container])
def test_an_interrupt_ends_all_and_leaves_whole_tables(
    several: Account, interrupt: Callable[[subprocess.Popen[str]], None]
) -> None:
    process = _start(several, *TWO)
    _until("a1, ", process)
    workers = _children(process.pid)
    assert len(workers) == 2
    interrupt(process)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert err.strip().splitlines()[-1].startswith("cloudtracker: interrupted")
    assert gone(workers, 20)
    stopped = hashes(several)
    again = _start(several, *RUN, "--processes", "1", "--missing-only")
    assert again.wait(timeout=120) == 0, again.communicate()
    whole = hashes(several)
    assert len(stopped) < len(whole)
    assert {name: whole[name] for name in stopped} == stopped
    assert list(several.root.rglob("*.tmp")) == list((several.root / ".staging").iterdir()) == []


@proc
@pytest.mark.long
def test_they_end_when_the_first_is_killed(several: Account) -> None:
    process = _start(several, *TWO)
    _until("a1, ", process)
    workers = _children(process.pid)
    process.kill()
    process.wait()
    assert len(workers) == 2 and gone(workers, 20)


def _nothing(account: AccountSettings) -> Plan:
    return Plan(account.id, False, (), (), ())


@pytest.mark.long
def test_one_that_dies_with_nothing_to_do_is_no_error(several: Account) -> None:
    settings = load_settings(several.config)
    errand = Errand(settings, _nothing, RunOptions())
    bar = Bar()
    # As in `carry_out_all`: the first process makes Dagster's files, or two would make them at once.
    with runner(settings, bar, RunOptions()), hands(errand, 2, bar) as working:
        assert list(working.carry_out(settings.accounts[:1])) == [(settings.accounts[0], ())]
        idle = working._hands[1].process
        idle.kill()
        idle.join()
        # Whoever was given something by then has failed, and is replaced.
        again = dict(working.carry_out(settings.accounts[1:]))
        assert sorted(str(told)[:11] for told in again.values()) == ["()", "()", "the process"]
        idle = working._hands[1].process
        idle.kill()
        idle.join()
    assert not any(hand.process.is_alive() for hand in working._hands)


def _broken(account: AccountSettings) -> Plan:
    if account.name == "a1":
        raise OSError("nobody thought of this")
    return _nothing(account)


@pytest.mark.long
def test_what_nobody_thought_of_is_said_and_stops_no_other(
    several: Account, capfd: pytest.CaptureFixture[str]
) -> None:
    settings, bar = load_settings(several.config), Bar()
    failed = carry_out_all(settings, settings.accounts, _broken, bar, processes=2)
    assert list(failed) == ["a1"] and "ended with exit code 1 (what it said" in str(failed["a1"])
    said = capfd.readouterr().err
    assert said.count("Traceback") == 1 and "OSError: nobody thought of this" in said


@pytest.mark.long
def test_without_facts_every_account_fails(several: Account, ask: Ask) -> None:
    shutil.rmtree(several.root / "aws_actions")
    (several.root / "aws_actions").write_text("in the way")
    answer = ask(*TWO)
    assert answer.code == 5
    told = [line for line in answer.err.splitlines() if line.startswith("cloudtracker: account a")]
    assert len(told) == 4 and all("aws_actions" in line for line in told)
    assert "4 of 4 accounts failed" in answer.err


@pytest.mark.parametrize(
    ("accounts", "cores", "expected"), [(1, 8, 1), (5, 8, 1), (6, 8, 2), (100, 2, 2), (100, 64, 4), (0, 1, 1)]
)
def test_usual_processes(accounts: int, cores: int, expected: int) -> None:
    assert usual_processes(accounts, cores) == expected
