"""The commands that need no account: patterns and events."""

import io
import json
import sys
from pathlib import Path

import polars as pl
import pytest

from pipeline.lake import Lake
from tests.conftest import Account, Ask


def test_expand(account: Account, ask: Ask) -> None:
    answer = ask("expand", "IAM:GetUse?", "iam:getuserpolicy", "sqs:ListQueue?")
    assert answer.lines == ["iam:GetUser", "iam:GetUserPolicy", "sqs:ListQueues"]


def test_expand_not_is_the_rest_of_the_catalogue(account: Account, ask: Ask) -> None:
    everything = set(json.loads(ask("expand", "*", "--format", "json").out))
    own = set(ask("expand", "iam:*").lines)
    rest = set(ask("expand", "--not", "iam:*").lines)
    assert own | rest == everything
    assert not own & rest
    assert len(own) > 100


def test_a_pattern_that_means_nothing_is_named(account: Account, ask: Ask) -> None:
    answer = ask("expand", "nosuch:*")
    assert (answer.code, answer.out) == (0, "")
    assert "nosuch:*: no known action matches" in answer.err


def test_expand_needs_no_configuration(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ask("expand", "iam:GetUser").lines == ["iam:GetUser"]


def test_map_event_in_words(account: Account, ask: Ask) -> None:
    assert ask("map-event", "s3.amazonaws.com", "ListBuckets").lines[:3] == [
        "s3.amazonaws.com ListBuckets",
        "  needs: s3:ListAllMyBuckets",
        "  recorded by default, as a management event",
    ]
    assert "rule unmapped" in ask("map-event", "nosuch.amazonaws.com", "DoIt").out


def test_map_event_as_data(account: Account, ask: Ask) -> None:
    answer = json.loads(
        ask("map-event", "lambda.amazonaws.com", "ListFunctions20150331", "--format", "json").out
    )
    assert (answer["primary"], answer["rule"]) == (["lambda:ListFunctions"], "suffix")


def test_map_event_answers_a_line_with_a_line(
    account: Account, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "stdin", io.StringIO("iam.amazonaws.com GetUser\n\ns3.amazonaws.com,GetObject\nalone\n")
    )
    answer = ask("map-event", "-")
    lines = [json.loads(line) for line in answer.lines]
    assert [line.get("primary") for line in lines] == [["iam:GetUser"], ["s3:GetObject"], None]
    assert lines[2] == {"line": 4, "error": "'alone' is not an eventSource and an eventName"}
    assert answer.code == 2
    assert "1 line of the input: no eventSource and eventName" in answer.err


def test_an_event_without_a_name_is_refused(account: Account, ask: Ask) -> None:
    assert ask("map-event", "s3.amazonaws.com").code == 2


def test_map_event_says_that_it_knows_nothing(account: Account, ask: Ask) -> None:
    answer = ask("map-event", "nosuch.amazonaws.com", "DoIt")
    assert answer.code == 0
    assert answer.lines == [
        "nosuch.amazonaws.com DoIt",
        "  whether CloudTrail records it is not known",
        "  rule unmapped: nothing is known about the event",
    ]


@pytest.mark.parametrize("text", [None, "accounts: nobody\n"])
def test_map_event_needs_no_configuration(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    if text:
        (tmp_path / "config.yaml").write_text(text)
    answer = ask("map-event", "sqs.amazonaws.com", "SendMessageBatch")
    assert (answer.code, answer.lines[1:3]) == (
        0,
        ["  needs: sqs:SendMessage", "  a data event: recorded only where the trail selects it"],
    )


def test_the_stored_tables_answer_where_they_are_up_to_date(account: Account, ask: Ask) -> None:
    lake = Lake(account.root)
    stored = lake.read("aws_actions")
    lake.write("aws_actions", stored.with_columns(recorded=pl.lit("never")))
    assert "not recorded by CloudTrail" in ask("map-event", "iam.amazonaws.com", "GetUser").out


def test_actions_refresh_finds_the_lists_as_they_are_shipped(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = ask("actions", "refresh")
    assert answer.code == 0
    assert [line.partition(" lines, ")[2] for line in answer.lines] == ["0 added, 0 removed"] * 2


def test_actions_refresh_reads_the_service_reference_first_where_it_is_switched_on(
    account: Account, ask: Ask
) -> None:
    # Port 9 (discard) of this machine: nobody listens.
    account.configure(service_reference={"enabled": True, "url": "http://127.0.0.1:9/"})
    answer = ask("actions", "refresh")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith("cloudtracker: http://127.0.0.1:9/: the Service Reference cannot be read")
