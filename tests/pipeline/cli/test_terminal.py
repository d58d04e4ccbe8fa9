"""Text of logs and policies on a terminal: shown, never obeyed."""

import json
import sys

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.errors import InputError
from pipeline.cli import main
from pipeline.cli.output import print_data, print_grid, print_lines
from pipeline.cli.terminal import printable, say, say_aside
from tests.assume import assume, by
from tests.build import ACCOUNT, iam, role, user
from tests.conftest import Account, Ask
from tests.pipeline.cli.test_destination import trusting

TITLE = "\x1b]0;owned\x07\x9b31m"
SHOWN = r"\x1b]0;owned\x07\x9b31m"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("alice", "alice"),
        ("Zoë · 山田 🙂", "Zoë · 山田 🙂"),
        (TITLE, SHOWN),
        ("a\nb\r\tc\x00\x7f", r"a\nb\r\tc\x00\x7f"),
        ("a\u202egnp\u2066\u2028", r"a\u202egnp\u2066\u2028"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_what_is_printed_is_one_line_without_control_characters(text: str) -> None:
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)
    assert printable(shown) == shown


def test_lines_and_grids_show_them_and_data_keeps_them(capsys: pytest.CaptureFixture[str]) -> None:
    rows = pl.DataFrame({"name": [TITLE, "b"], "count": [1, 2]})
    print_grid(rows)
    # Columns stay aligned.
    assert capsys.readouterr().out.splitlines() == [
        f"{'name':<{len(SHOWN)}}  count",
        f"{SHOWN}      1",
        f"{'b':<{len(SHOWN)}}      2",
    ]
    print_lines([("used", TITLE)], color=False)
    print_lines([("used", TITLE)], color=True)
    assert capsys.readouterr().out == f"  {SHOWN}\n\x1b[37m  {SHOWN}\x1b[0m\n"
    say(TITLE)
    say_aside(f"{TITLE}\nsecond")
    assert tuple(capsys.readouterr()) == (f"{SHOWN}\n", f"cloudtracker: {SHOWN}\nsecond\n")
    print_data(rows, "json")
    assert json.loads(capsys.readouterr().out)[0]["name"] == TITLE
    print_data(rows, "csv")
    assert TITLE in capsys.readouterr().out


def test_an_error_shows_them(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise InputError(f"{TITLE}: no such file")

    monkeypatch.setattr(main, "app", fail)
    monkeypatch.setattr(sys, "argv", ["cloudtracker"])
    with pytest.raises(SystemExit):
        main.main()
    assert capsys.readouterr().err == f"cloudtracker: {SHOWN}: no such file\n"


def test_who_shows_what_a_log_holds(account: Account, ask: Ask) -> None:
    alice = user("alice")
    lost = role("lost", **trusting(alice["Arn"]))
    account.write_iam(iam(alice, lost))
    stranger = {"type": "AWSAccount", "principalId": "x", "accountId": ACCOUNT}
    _, working = assume(stranger, lost, "2026-06-28T12:00:00Z", "x", "ASIALOST")
    working["sessionContext"]["sourceIdentity"] = f"eve{TITLE}"
    account.log(by(working, "ec2:DescribeInstances", "2026-06-28T12:01:00Z"))
    asked = ("who", "--account", "demo", "--role", "lost")
    answer = ask(*asked)
    assert f"  source identity eve{SHOWN}" in answer.lines
    assert f"      through eve{SHOWN} > demo/lost" in answer.lines
    assert "\x1b" not in answer.out + answer.err
    assert json.loads(ask(*asked, "--format", "json").out)["used"][0]["origin_name"] == f"eve{TITLE}"
    assert TITLE in ask(*asked, "--format", "csv").out
