"""What principals did, summed over days and actions, is that of a loop over the rows."""

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.aws_actions.mapping import EventMapping
from assets.principal_diffs.activity import actions_of, events_of, usage_of
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from tests.assets.principal_diffs.accounts import account

_EVENT = ("principal_arn", "event_source", "event_name", "event_type", "outcome", "via_service")
_TIMES = [datetime(2026, 6, 30, 23, second, tzinfo=UTC) for second in (58, 59)]


@pytest.fixture(scope="module")
def lake(facts: Path) -> Lake:
    return Lake(facts)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_what_was_done_is_what_a_loop_over_the_rows_finds(lake: Lake, seed: int) -> None:
    random = Random(seed)
    known, operations = lake.read("iam_actions"), lake.read("aws_actions")
    mapping = EventMapping.from_frames(operations, known, DATA_FILES)
    granted, used, *_ = account(random, known, operations)
    # Many of one moment, told apart by nothing but their ids.
    rows = [
        row | {"last_seen": random.choice(_TIMES), "last_event_id": f"{random.getrandbits(32):08x}"}
        for row in used.usage.collect().to_dicts()
    ]
    events = events_of(granted.principals, pl.LazyFrame(rows, schema=used.usage.collect_schema()))
    assert by_key(events, *_EVENT) == summed(rows, granted.principals.to_dicts())
    actions = actions_of(events.sample(fraction=1, shuffle=True, seed=seed), mapping)
    assert by_key(actions, "principal_arn", "action") == performed(events.to_dicts(), mapping)


@pytest.mark.parametrize(
    ("logged", "logged_id", "known_id", "theirs"),
    [
        ("role/job", "", "AROA1", True),
        ("role/teams/a/job", "", "AROA1", True),
        ("role/job", "AROA2", "", True),
        ("role/job", "AROA2", "AROA1", False),
        ("role/teams/b/job", "", "AROA1", False),
        ("role/a/job", "", "AROA1", False),
        ("user/job", "", "AROA1", False),
    ],
)
def test_a_record_without_id_and_path_is_that_of_the_only_principal_of_the_name(
    logged: str, logged_id: str, known_id: str, theirs: bool
) -> None:
    """A session's ARN has no path, and names are unique in an account: else a use were lost, and called unused."""
    account = "arn:aws:iam::111111111111:"
    arn = f"{account}role/teams/a/job"
    people = pl.DataFrame({"principal_arn": [arn], "principal_id": [known_id]})
    usage = pl.LazyFrame(
        {"principal_arn": [account + logged], "principal_id": [logged_id], "principal_type": ["role"]}
    )
    found = usage_of(people, usage).collect()
    assert found["principal_arn"].to_list() == [arn] * theirs


def by_key(frame: pl.DataFrame, *key: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(row.pop(name) for name in key): row for row in frame.to_dicts()}


def summed(rows: list[dict[str, Any]], people: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    ids = {one["principal_arn"]: one["principal_id"] for one in people}
    groups = defaultdict(list)
    for row in rows:
        if row["principal_id"] == ids[row["principal_arn"]]:
            groups[tuple(row[name] for name in _EVENT)].append(row)
    return {
        key: {
            "events": sum(row["events"] for row in group),
            "first_seen": min(row["first_seen"] for row in group),
            "last_seen": max(row["last_seen"] for row in group),
            "last_event_id": last_of(group, "last_seen"),
        }
        for key, group in groups.items()
    }


def performed(events: list[dict[str, Any]], mapping: EventMapping) -> dict[tuple[Any, ...], dict[str, Any]]:
    groups = defaultdict(list)
    for event in events:
        if event["event_type"] == "AwsApiCall":
            for action, need in mapping.map_event(event["event_source"], event["event_name"]).needs():
                groups[event["principal_arn"], action].append(event | {"primary": need == "primary"})
    return {key: told_of(group) for key, group in groups.items()}


def told_of(group: list[dict[str, Any]]) -> dict[str, Any]:
    primary = [event for event in group if event["primary"]]
    ok = [event for event in primary if event["outcome"] == "ok"]

    def total(some: list[dict[str, Any]]) -> int:
        return sum(event["events"] for event in some)

    return {
        "events": total(ok),
        "denied_events": total([event for event in primary if event["outcome"] == "denied"]),
        "error_events": total([event for event in primary if event["outcome"] == "error"]),
        "own_events": total([event for event in ok if not event["via_service"]]),
        "maybe_events": total(
            [event for event in group if not event["primary"] and event["outcome"] != "denied"]
        ),
        "first_used": min((event["first_seen"] for event in ok), default=None),
        "last_used": max((event["last_seen"] for event in ok), default=None),
        "last_event_id": last_of(ok, "last_seen"),
    }


def last_of(group: list[dict[str, Any]], time: str) -> str | None:
    return max(((one[time], one["last_event_id"]) for one in group), default=(None, None))[1]
