"""What is wrong with flags, files and logs: one line that says what to do, an exit code, never a traceback."""

import gzip
import json
import socket
from datetime import date

import pytest

from assets.partitions import Partition
from pipeline.lake import Lake
from tests.build import ACCOUNT, allow, iam, log_file, record, user
from tests.conftest import Account, Ask, Make

ALICE = user("alice", allow("iam:GetUser"))


@pytest.fixture
def demo(account: Account) -> Account:
    return _write(account)


def _write_one_day(account: Account) -> Account:
    account.configure(lookback_days=1)
    return _write(account)


def _write(account: Account) -> Account:
    """One user, one event."""
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "iam:GetUser", "2026-06-28T10:00:00Z"))
    return account


@pytest.fixture
def one_day(made: Make) -> Account:
    """The same, of which one day is asked about, with all tables of it."""
    return made(_write_one_day, "run", "--account", "demo")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--account", "nope", "--list", "users"], "no account 'nope' (there are: demo)"),
        (["--account", "demo"], "say one of --list users|roles, --user NAME and --role NAME"),
        (["--account", "demo", "--user", "a", "--role", "b"], "say one of"),
        (["--list", "users"], "say which account"),
        (["--account", "demo", "--user", "alcie"], "no user 'alcie'; did you mean 'alice'?"),
        (["--account", "demo", "--role", "alice"], "no role 'alice'; there is a user of that name"),
        (
            ["--account", "demo", "--list", "users", "--start", "2026-06-30", "--end", "2026-06-01"],
            "--start 2026-06-30 lies after --end 2026-06-01",
        ),
        (["--account", "demo", "--list", "users", "--end", "2027-01-01"], "lies after 2026-06-30 (as_of"),
        (
            ["--account", "demo", "--list", "users", "--start", "yesterday"],
            "--start 'yesterday' is not a date",
        ),
        (["--account", "demo", "--list", "users", "--start", "2020-01-01"], "set 'first_day: 2020-01-01' in"),
        (["--account", "demo", "run", "--account", "demo"], "--account stands before 'run'"),
        (["run", "--account", "nope"], "no account 'nope'"),
        (["tables", "--table", "nope"], "--table 'nope': there is no such table"),
    ],
)
def test_wrong_flags_are_named(demo: Account, ask: Ask, words: list[str], message: str) -> None:
    answer = ask(*words)
    assert answer.code == 2
    assert answer.err.startswith("cloudtracker: ")
    assert message in answer.err.splitlines()[-1]
    assert "Traceback" not in answer.err
    assert answer.out == ""


@pytest.mark.parametrize("port", ["0", "65536"])
def test_a_port_that_there_cannot_be_starts_nothing(
    demo: Account, ask: Ask, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    monkeypatch.setattr("os.execv", lambda *_: pytest.fail("it was started"))
    answer = ask("dev", "--port", port)
    assert answer.code == 2 and "--port" in answer.err


def test_a_port_that_is_taken_starts_nothing(
    demo: Account, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.execv", lambda *_: pytest.fail("it was started"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answer = ask("dev", "--port", str(port))
    assert answer.code == 2
    assert (
        f"port {port} of 127.0.0.1 cannot be used: Address already in use; name another one with --port"
        in answer.err
    )


def test_a_missing_configuration_is_named(demo: Account, ask: Ask) -> None:
    answer = ask("--account", "demo", "--list", "users", "--config", "nowhere.yaml")
    assert (answer.code, "nowhere.yaml: there is no such file" in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "iam.json: the file is empty"),
        (json.dumps(iam(ALICE))[:200], "iam.json: "),
        ('{"Version": "2012-10-17", "Statement": []}', "iam.json: "),
        ("[]", "iam.json: "),
        (json.dumps(iam(user("eve", account="999999999999"))), "999999999999"),
    ],
)
def test_a_wrong_iam_file_is_named(demo: Account, ask: Ask, content: str, message: str) -> None:
    (demo.folder / "iam.json").write_text(content, encoding="utf-8")
    answer = ask("--account", "demo", "--list", "users")
    assert answer.code == 3
    assert message in answer.err
    assert "Traceback" not in answer.err


def test_a_missing_iam_file_is_named(demo: Account, ask: Ask) -> None:
    (demo.folder / "iam.json").unlink()
    answer = ask("--account", "demo", "--list", "users")
    assert (answer.code, "iam.json: there is no such file" in answer.err) == (3, True)


def test_a_directory_without_logs_is_named(demo: Account, ask: Ask) -> None:
    demo.configure(cloudtrail={"path": "./elsewhere"})
    answer = ask("--account", "demo", "--list", "users")
    assert answer.code == 3
    assert "no CloudTrail logs here" in answer.err


def test_without_a_place_for_logs_the_key_is_named(demo: Account, ask: Ask) -> None:
    demo.configure(cloudtrail=None)
    answer = ask("--account", "demo", "--list", "users")
    assert answer.code == 2
    assert "neither 'cloudtrail: {path: ...}' nor 'athena: {s3_bucket: ...}'" in answer.err


def test_an_unwritable_root_is_named(demo: Account, ask: Ask) -> None:
    (demo.folder / "blocked").touch()
    demo.configure(storage={"root": "./blocked/lake"})
    answer = ask("--account", "demo", "--list", "users")
    assert answer.code == 4
    assert "name another directory in 'storage: root'" in answer.err


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (gzip.compress(b'{"Records": []}' * 50, mtime=0)[:-20], None, "truncated_gzip"),
        (gzip.compress(b"<html>", mtime=0), None, "not_json"),
        (gzip.compress(b'{"Records": [7]}', mtime=0), None, "record_not_object"),
        (b"", None, "empty_file"),
    ],
)
def test_what_cannot_be_read_is_a_row_and_a_day_that_is_not_covered(
    demo: Account, ask: Ask, content: bytes, name: str | None, reason: str
) -> None:
    log_file(demo.logs, content, day=date(2026, 6, 28), name=name)
    answer = ask("--account", "demo", "--user", "alice")
    assert answer.code == 0
    assert answer.lines[1:] == ["  iam:getuser"]
    assert "what is not seen there is unknown, not unused" in answer.err
    rejected = Lake(demo.root).scan("rejected_records", [Partition(date(2026, 6, 28), ACCOUNT)]).collect()
    assert rejected.select("position", "reason").rows()[0][1] == reason


def test_a_role_without_any_policy_key_has_no_grants(demo: Account, ask: Ask) -> None:
    bare = {"RoleName": "bare", "Arn": f"arn:aws:iam::{ACCOUNT}:role/bare", "RoleId": "AROABARE"}
    demo.write_iam(iam(ALICE, bare))
    assert ask("--account", "demo", "--role", "bare").lines == ["Getting info for role bare"]


def test_a_policy_document_as_url_encoded_text_is_read(demo: Account, ask: Ask) -> None:
    from urllib.parse import quote

    document = quote(json.dumps({"Statement": allow("iam:ListUsers")}))
    demo.write_iam(iam(user("alice", UserPolicyList=[{"PolicyName": "p", "PolicyDocument": document}])))
    assert ask("--account", "demo", "--user", "alice").lines[1:] == ["+ iam:getuser", "- iam:listusers"]


def test_a_broken_partition_is_named(demo: Account, ask: Ask) -> None:
    ask("--account", "demo", "--user", "alice")
    path = Lake(demo.root).path("cloudtrail_usage", Partition(date(2026, 6, 28), ACCOUNT))
    before = path.stat()
    path.write_bytes(b"not parquet")
    import os

    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    answer = ask("--account", "demo", "--list", "users")
    assert answer.code == 4
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("as_of: 2026-02-30\n", "2026-02-30 is no date or time"),
        ("first_day: 2026-13-01\n", "2026-13-01 is no date or time"),
        ("? [a, b]\n: 1\n", "a list or a mapping stands where a key is expected"),
        ("? {a: b}\n: 1\n", "a list or a mapping stands where a key is expected"),
        ("lookback_days: 5000000\n", "key 'lookback_days': 5000000 is more than 3660"),
        ("late_hours: 999999999999\n", "key 'late_hours': 999999999999 is more than 8784"),
        ("late_days: 9999999\nlate_hours: 999999999999\n", "is more than"),
        ('schedule: {at: "99 99 * * *"}\n', "'99 99 * * *' is neither a time of day"),
        ('schedule: {at: "0 0 31 2 *"}\n', "'0 0 31 2 *' is neither a time of day"),
        ("as_of: 0001-01-01\n", "key 'as_of': 0001-01-01 is not between 1970-01-01 and 2999-12-31"),
        ("as_of: 9999-12-31\n", "key 'as_of': 9999-12-31 is not between"),
        ("first_day: 0001-01-01\n", "key 'first_day': 0001-01-01 is not between"),
        ("lookback_days: !!int abc\n", "'abc' cannot be read as !!int (line 1, column 16)"),
        ("as_of: !!timestamp foo\n", "'foo' cannot be read as !!timestamp"),
        ("as_of: !!bool foo\n", "'foo' cannot be read as !!bool"),
        ("lookback_days: " + "9" * 5_000 + "\n", "cannot be read as !!int"),
        ("a: \x01\n", "config.yaml: is not valid YAML: unacceptable character #x0001"),
        ("a: " + "[" * 10_000 + "\n", "config.yaml: is not valid YAML"),
    ],
)
def test_a_configuration_that_nothing_can_be_made_of_is_one_line(
    account: Account, ask: Ask, text: str, message: str
) -> None:
    account.config.write_text(text + "accounts: [{name: demo, id: '111111111111'}]\n", encoding="utf-8")
    answer = ask("--account", "demo", "--list", "users")
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err.splitlines()[-1]
    assert "Traceback" not in answer.err


def test_a_window_is_named_as_it_was_asked_for(demo: Account, ask: Ask) -> None:
    answer = ask("run", "--account", "demo", "--from", "2026-06-30", "--to", "2026-06-29")
    assert answer.code == 2
    assert "--from 2026-06-30 lies after --to 2026-06-29" in answer.err
    answer = ask("run", "--account", "demo", "--from", "2026-06-30", "--to", "2026-07-29")
    assert "--to 2026-07-29 lies after 2026-06-30" in answer.err
    answer = ask("run", "--account", "demo", "--to", "2001-01-01")
    assert "--to 2001-01-01 lies before the first day that is kept, 'first_day: 2023-01-01'" in answer.err
    answer = ask("--account", "demo", "--list", "users", "--end", "0001-01-01")
    assert answer.code == 2
    assert "--end 0001-01-01 lies before the first day that is kept" in answer.err
    demo.configure(first_day="2027-01-01")
    answer = ask("snapshot", "--account", "demo")
    assert answer.code == 2
    assert "key 'first_day': 2027-01-01 lies after the day of the snapshot, 2026-06-30" in answer.err
    answer = ask("--account", "demo", "--list", "users")
    assert answer.code == 2
    assert "2026-06-30 lies before the first day that is kept, 'first_day: 2027-01-01'" in answer.err


def test_tables_names_what_it_cannot_read_and_passes_by_what_is_none(one_day: Account, ask: Ask) -> None:
    before = ask("tables", "--account", "demo")
    assert before.code == 0
    usage = one_day.root / "cloudtrail_usage"
    (usage / "day=foo" / f"account={ACCOUNT}").mkdir(parents=True)
    (usage / "day=foo" / f"account={ACCOUNT}" / "part-0.parquet").write_bytes(b"")
    (usage / "day=2026-06-99" / f"account={ACCOUNT}").mkdir(parents=True)
    (usage / "day=2026-06-99" / f"account={ACCOUNT}" / "part-0.parquet").write_bytes(b"")
    assert ask("tables", "--account", "demo").out == before.out
    path = Lake(one_day.root).path("cloudtrail_usage", Partition(date(2026, 6, 30), ACCOUNT))
    path.write_bytes(b"")
    answer = ask("tables", "--account", "demo")
    assert answer.code == 4
    assert f"{path}: cannot be read" in answer.err
    assert "the next run makes it again" in answer.err


def test_what_nobody_thought_of_is_a_line_and_no_answer_of_fail_on(
    one_day: Account, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whole at both ends, and damaged within.
    path = Lake(one_day.root).path("principal_diffs", Partition(date(2026, 6, 30), ACCOUNT))
    data = path.read_bytes()
    path.write_bytes(b"PAR1" + bytes(len(data) - 8) + b"PAR1")
    answer = ask("--account", "demo", "--user", "alice")
    assert answer.code in (4, 70)
    assert "Traceback" not in answer.err
    assert answer.err.splitlines()[-1].startswith("cloudtracker: ")


@pytest.mark.parametrize("table", ["cloudtrail_usage", "iam_snapshots", "principal_diffs"])
def test_a_partition_that_is_damaged_within_is_named(one_day: Account, ask: Ask, table: str) -> None:
    path = Lake(one_day.root).path(table, Partition(date(2026, 6, 30), ACCOUNT))
    data = path.read_bytes()
    path.write_bytes(b"PAR1" + bytes(len(data) - 8) + b"PAR1")
    answer = ask("--account", "demo", "--user", "alice")
    assert (answer.code, answer.out) == (4, "")
    assert f"cloudtracker: {path}: cannot be read: " in answer.err.splitlines()[-1]
    run = ask("run", "--account", "demo", "--missing-only")
    assert run.code == 5
    assert f"cloudtracker: account demo: {path}: cannot be read: " in run.err
