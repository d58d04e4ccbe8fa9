"""Trail settings through the real command: in words, and as the answer of GetEventSelectors."""

import json

import pytest

from tests.build import allow, iam, record, user
from tests.conftest import Account, Ask

ALICE = user("alice", allow("s3:GetObject", "iam:GetUser", "kms:Decrypt"))
ASKED = ("--account", "demo", "--user", "alice")
UNKNOWN_DATA = ["- iam:getuser", "- kms:decrypt", "? s3:getobject"]
S3 = {"type": "AWS::S3::Object"}
ADVANCED = {
    "AdvancedEventSelectors": [
        {
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Management"]},
                {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
            ]
        },
        {
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
            ]
        },
    ]
}


@pytest.fixture
def demo(account: Account) -> Account:
    """alice is granted three actions and uses none of them."""
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "sts:GetCallerIdentity", "2026-06-29T10:00:00Z"))
    return account


def _reasons(ask: Ask) -> dict[str, str]:
    rows = json.loads(ask(*ASKED, "--format", "json").out)
    return {row["action"]: row["reason"] for row in rows}


def test_without_settings_data_events_are_unknown_and_management_events_recorded(
    demo: Account, ask: Ask
) -> None:
    assert ask(*ASKED).lines[1:] == UNKNOWN_DATA


def test_settings_in_words_decide_at_once(demo: Account, ask: Ask) -> None:
    assert ask(*ASKED).lines[1:] == UNKNOWN_DATA
    demo.configure(trails=[{"management": "all", "exclude_sources": ["kms"], "data_events": [S3]}])
    assert ask(*ASKED).lines[1:] == ["- iam:getuser", "? kms:decrypt", "- s3:getobject"]
    assert _reasons(ask) == {
        "iam:GetUser": "never_called",
        "kms:Decrypt": "excluded_by_trail",
        "s3:GetObject": "never_called",
    }
    demo.configure(
        trails=[{"management": "none", "data_events": [{**S3, "resources": ["arn:aws:s3:::one/"]}]}]
    )
    assert _reasons(ask) == {
        "iam:GetUser": "excluded_by_trail",
        "kms:Decrypt": "excluded_by_trail",
        "s3:GetObject": "selectors_unknown",
    }


def test_another_window_follows_the_same_trails(demo: Account, ask: Ask) -> None:
    demo.configure(trails=[{"data_events": [S3], "since": "2026-06-29"}])
    assert ask(*ASKED).lines[1:] == UNKNOWN_DATA
    assert "- s3:getobject" in ask(*ASKED, "--start", "2026-06-29").lines
    assert "? s3:getobject" in ask(*ASKED, "--start", "2026-06-28").lines


def test_an_accounts_own_trail_is_beside_those_for_all(demo: Account, ask: Ask) -> None:
    mine = {"name": "demo", "id": "111111111111", "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    own = {**mine, "trails": [{"management": "none", "data_events": [S3]}]}
    demo.configure(accounts=[own], trails=[{"exclude_sources": ["kms.amazonaws.com"]}])
    assert ask(*ASKED).lines[1:] == ["- iam:getuser", "? kms:decrypt", "- s3:getobject"]


def test_the_answer_of_get_event_selectors_is_read_and_read_again_when_it_changes(
    demo: Account, ask: Ask
) -> None:
    file = demo.folder / "selectors.json"
    file.write_text(json.dumps({"EventSelectors": [{"ReadWriteType": "All"}]}), encoding="utf-8")
    demo.configure(trails=[{"event_selectors": "selectors.json"}])
    assert ask(*ASKED).lines[1:] == UNKNOWN_DATA
    usage = {path: path.stat().st_mtime_ns for path in demo.root.glob("cloudtrail_usage/**/*.parquet")}
    file.write_text(json.dumps(ADVANCED), encoding="utf-8")
    assert ask(*ASKED).lines[1:] == ["- iam:getuser", "? kms:decrypt", "- s3:getobject"]
    assert {path: path.stat().st_mtime_ns for path in usage} == usage


def test_a_wrong_file_of_selectors_is_named(demo: Account, ask: Ask) -> None:
    (demo.folder / "selectors.json").write_text("{}", encoding="utf-8")
    demo.configure(trails=[{"event_selectors": "selectors.json"}])
    answer = ask(*ASKED)
    assert answer.code == 3
    assert "selectors.json: is not the output of 'aws cloudtrail get-event-selectors'" in answer.err
    assert "Traceback" not in answer.err
