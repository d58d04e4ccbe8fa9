"""The commands that need no account: patterns and events."""

import io
import json
import sys
from pathlib import Path

import pytest

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


def test_an_event_without_a_name_is_refused(account: Account, ask: Ask) -> None:
    assert ask("map-event", "s3.amazonaws.com").code == 2
