import json
from typing import Any

import msgspec
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.cloudtrail_usage.access_keys import KeyHash
from assets.cloudtrail_usage.actors import Actors
from assets.cloudtrail_usage.keys import EventKeys
from assets.cloudtrail_usage.log_content import identities_of, read_records
from assets.cloudtrail_usage.records import Event, Record
from assets.cloudtrail_usage.rejections import Reason
from assets.cloudtrail_usage.session_keys import SessionKeys
from tests.assets.cloudtrail_usage.log_files import ALICE, event
from tests.assets.cloudtrail_usage.test_keys import IDENTITIES, REGIONS
from tests.assets.cloudtrail_usage.test_sessions import SECRET, acting

SESSIONS = st.builds(acting, st.sampled_from(["a", "b"]), st.sampled_from([None, "ASIA1", "ASIA2"]))


def _coded(identity: dict[str, Any], region: str) -> tuple[int, int]:
    """Return the codes of a call's key and session, from nothing."""
    record = msgspec.json.decode(msgspec.json.encode(event("e", userIdentity=identity)), type=Record)
    code = EventKeys().code_of(record, region)
    return code, SessionKeys(KeyHash(SECRET)).code_of(record.user_identity)


@settings(deadline=None)
@given(st.lists(st.tuples(st.one_of(IDENTITIES, SESSIONS), REGIONS), min_size=1, max_size=12))
def test_an_identity_seen_before_means_what_it_means_alone(drawn: list[tuple[dict[str, Any], str]]) -> None:
    keys, sessions = EventKeys(), SessionKeys(KeyHash(SECRET))
    actors = Actors(keys, sessions)
    for identity, region in drawn * 2:
        one = msgspec.json.decode(msgspec.json.encode(event("e", userIdentity=identity)), type=Event)
        kind = keys.kind_of(one)
        rows = actors.frame_of(pl.Series(actors.in_region(region)([one, one]))).with_columns(kind=kind)
        codes = keys.codes_of(rows).to_list()
        assert [(codes[0], sessions.codes[rows["session"][0]])] * 2 == [_coded(identity, region)] * 2
        told = keys.tables_of(rows["actor"], rows["kind"], rows)
        assert told.pairs.unique()["code"].to_list() == [codes[0]] == codes[1:]
    assert actors.remembered <= len(drawn)


WRONG: list[Any] = [
    None,
    5,
    "alice",
    [],
    {"arn": 5},
    {**ALICE, "principalId": {}},
    {**ALICE, "sessionContext": []},
    {**ALICE, "sessionContext": {"sessionIssuer": {"arn": 1}}},
    {**ALICE, "inScopeOf": {"issuerType": 7}},
    {**ALICE, "unknown": [1, {}]},
]


@settings(deadline=None)
@given(st.lists(st.sampled_from([ALICE, ALICE, {}, *WRONG]), max_size=8))
def test_what_is_wrong_with_an_identity_is_said_as_of_the_whole_record(identities: list[Any]) -> None:
    records = [event(f"e{n}", userIdentity=identity) for n, identity in enumerate(identities)]
    read = read_records(json.dumps({"Records": records}).encode(), identities_of)
    expected: dict[int, str] = {}
    for position, record in enumerate(records):
        try:
            msgspec.json.decode(json.dumps(record).encode(), type=Record)
        except msgspec.ValidationError as error:
            expected[position] = str(error) if record["userIdentity"] is not None else "no userIdentity"
    assert {defect.position: defect.detail for defect in read.defects} == expected
    assert all(defect.reason in (Reason.WRONG_TYPE, Reason.IDENTITY_MISSING) for defect in read.defects)
    assert list(read.positions) == [n for n in range(len(records)) if n not in expected]
    assert [one.event_id for one in read.records] == [f"e{n}" for n in read.positions]
    assert len(read.actors) == len(read.records)


def test_text_that_is_no_utf_8_in_an_identity_rejects_its_record_only() -> None:
    records = [event("e1"), event("e2", userIdentity={**ALICE, "arn": "@@"}), event("e3")]
    text = json.dumps({"Records": records}).encode().replace(b"@@", b"\xff\xfe")
    read = read_records(text, identities_of)
    assert [(defect.position, defect.reason) for defect in read.defects] == [(1, Reason.INVALID_TEXT)]
    assert [one.event_id for one in read.records] == ["e1", "e3"]
