"""`--format csv`: names come from logs and IAM, and no cell of an answer is a formula to a spreadsheet."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.cli.output import print_data
from tests.assume import assume, by, with_key
from tests.build import allow, iam, record, role, user
from tests.conftest import Account, Ask
from tests.pipeline.cli.test_destination import trusting

# IAM allows = , . @ - and + in names.
EVIL = user("=cmd@example.org", allow("sts:AssumeRole", "iam:ListUsers"))
ADMIN = role("-admin", allow("iam:CreateUser"), **trusting(EVIL["Arn"]))
_RUN = ("=", "+", "-", "@", "\t", "\r", "\n")


@pytest.fixture
def demo(account: Account) -> Account:
    account.write_iam(iam(EVIL, ADMIN))
    assumed, admin = assume(with_key(EVIL), ADMIN, "2026-06-30T10:00:00Z", "=cmd", "ASIAX")
    account.log(*assumed, by(admin, "iam:CreateUser", "2026-06-30T10:01:00Z"))
    account.log(record(EVIL, "iam:ListUsers", "2026-06-30T10:00:00Z"))
    account.configure(lookback_days=1)
    return account


def _cells(text: str) -> set[str]:
    return {cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row}


def test_no_cell_of_any_answer_is_a_formula(demo: Account, ask: Ask, tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"Statement": []}')
    who, name = ("--account", "demo"), ("--user", "=cmd@example.org")
    answers = {
        words: ask(*words, "--format", "csv")
        for words in (
            (*who, "--list", "users"),
            (*who, *name),
            (*who, "--role", "-admin"),
            (*who, *name, "--destrole", "-admin"),
            ("who", *who, "--role", "-admin"),
            ("grants", *who, *name),
            ("trend", *who),
            ("trend", *who, *name),
            ("tables", *who),
            ("checks", *who),
            ("policy", *who, *name, "--replay", policy),
        )
    }
    told = set()
    for words, answer in answers.items():
        assert answer.code == 0, (words, answer.err)
        cells = _cells(answer.out)
        assert len(cells) > 1
        assert not [cell for cell in cells if cell.startswith(_RUN)], words
        told |= cells
    assert {"'=cmd@example.org", "'-admin", "'=cmd@example.org > demo/-admin"} <= told


def test_what_is_not_text_is_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    rows = pl.DataFrame(
        {
            "at": [datetime(2026, 6, 30, 10, tzinfo=UTC)],
            "less": [-1],
            "list": [["=1+1", "iam:GetUser"]],
            "enum": pl.Series(["@x"], dtype=pl.Enum(["@x"])),
        }
    )
    print_data(rows, "csv")
    assert capsys.readouterr().out == "at,less,list,enum\n2026-06-30T10:00:00Z,-1,'=1+1 iam:GetUser,'@x\n"
    print_data(rows, "json")
    assert '"=1+1"' in capsys.readouterr().out
