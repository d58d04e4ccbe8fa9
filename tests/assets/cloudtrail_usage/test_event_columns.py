"""A file's events as columns: a file of usual records and one with something odd in it give the same events."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.cloudtrail_usage.event_columns import EventReader
from assets.cloudtrail_usage.keys import EventKeys
from assets.cloudtrail_usage.log_content import LogContent, read_records
from assets.cloudtrail_usage.records import Event
from assets.cloudtrail_usage.rejections import Reason
from tests.assets.cloudtrail_usage.log_files import ACCOUNT, event

USUAL = st.builds(
    event,
    st.sampled_from(["e1", "e2", "e3"]),
    st.sampled_from(["2024-03-05T10:00:00Z", "2024-03-05T23:59:59Z", "2024-03-05T11:00:00.5Z"]),
    eventName=st.sampled_from(["GetUser", "AssumeRole"]),
    eventSource=st.sampled_from(["iam.amazonaws.com", "sts.amazonaws.com"]),
    errorCode=st.sampled_from([None, "", "AccessDenied"]),
    errorMessage=st.sampled_from([None, "", "no"]),
    recipientAccountId=st.sampled_from([None, ACCOUNT]),
)
ODD: list[tuple[dict[str, Any], Reason]] = [
    (event("o1", "yesterday"), Reason.BAD_EVENT_TIME),
    (event("o2", recipientAccountId="999999999999"), Reason.FOREIGN_RECIPIENT),
    (event("o3", recipientAccountId=""), Reason.FOREIGN_RECIPIENT),
    (event("o4", eventSource=""), Reason.MISSING_EVENT_SOURCE),
    (event("o5", eventName=""), Reason.MISSING_EVENT_NAME),
]
Row = tuple[str, int, str, str]


def _content(records: list[dict[str, Any]]) -> LogContent[int]:
    def numbers(events: Any) -> list[int]:
        return [len(one.user_identity) for one in events]

    return read_records(json.dumps({"Records": records}).encode(), numbers)


def _rows(records: list[dict[str, Any]]) -> tuple[list[Row], list[tuple[int, str]]]:
    """Return id, identity, name with outcome, and time of the events, and the defects by position."""
    keys = EventKeys()
    events, defects = EventReader(ACCOUNT, keys).columns_of(_content(records))
    assert [one.event_name for one in events.records] == [
        next(name for (_, name, *_), number in keys._kinds.items() if number == kind) for kind in events.kinds
    ]
    outcomes = [
        next(row[3] for row, number in keys._kinds.items() if number == kind) for kind in events.kinds
    ]
    rows = list(zip(events.ids, events.identities, outcomes, events.times, strict=True))
    return rows, [(defect.position, defect.reason) for defect in defects]


@settings(deadline=None)
@given(st.lists(USUAL, max_size=8), st.lists(st.tuples(st.integers(0, 8), st.sampled_from(ODD)), max_size=4))
def test_what_is_odd_is_told_and_changes_nothing_of_the_others(
    usual: list[dict[str, Any]], odd: list[tuple[int, tuple[dict[str, Any], Reason]]]
) -> None:
    expected, none = _rows(usual)
    assert none == []
    assert [(row[0], row[3]) for row in expected] == [(one["eventID"], one["eventTime"]) for one in usual]
    failed = [bool(one["errorCode"] or one["errorMessage"]) for one in usual]
    assert [row[2] != "ok" for row in expected] == failed
    mixed: list[tuple[dict[str, Any], Reason | None]] = [(one, None) for one in usual]
    for at, one in odd:
        mixed.insert(at, one)
    if odd:
        # A time that is none is told at once where something else is odd; else with those of other files.
        mixed.append(ODD[1])
    rows, defects = _rows([record for record, _ in mixed])
    assert rows == expected
    assert defects == [(at, reason) for at, (_, reason) in enumerate(mixed) if reason is not None]


def test_an_event_without_an_id_has_one_of_its_content() -> None:
    records = [event("e1"), event(None), event(None, eventName="Other"), event(""), event("e2")]
    rows, defects = _rows(records)
    ids = [row[0] for row in rows]
    assert defects == []
    assert (ids[0], ids[4], len(set(ids))) == ("e1", "e2", 5)
    assert all(one.startswith("record:") for one in ids[1:4])
    assert isinstance(_content(records).records[0], Event)
