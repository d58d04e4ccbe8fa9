from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.cloudtrail_usage.identity import principal_of
from assets.cloudtrail_usage.keys import KEY_SCHEMA, EventKeys
from assets.cloudtrail_usage.records import Record
from tests.assets.cloudtrail_usage.log_files import event

TEXT = st.sampled_from([None, None, "", "a", "b"])
ARNS = st.sampled_from(
    [
        None,
        "arn:aws:iam::1:role/r",
        "arn:aws:sts::1:assumed-role/r/s",
        "arn:aws:sts::1:assumed-role/r/t",
        "arn:aws:sts::1:federated-user/f",
    ]
)
IDS = st.sampled_from([None, "AROAR", "AROAR:s", "AROAQ:s", "1:f"])
ISSUERS = st.fixed_dictionaries(
    {
        "type": st.sampled_from([None, "Role", "IAMUser", "Root"]),
        "arn": ARNS,
        "principalId": IDS,
        "accountId": TEXT,
        "userName": TEXT,
    }
)
TYPES = [
    "IAMUser",
    "AssumedRole",
    "FederatedUser",
    "Root",
    "AWSAccount",
    "AWSService",
    "IdentityCenterUser",
    None,
]
IDENTITIES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(TYPES),
        "arn": ARNS,
        "principalId": IDS,
        "accountId": TEXT,
        "userName": TEXT,
        "invokedBy": TEXT,
        "sessionContext": st.one_of(st.none(), st.fixed_dictionaries({"sessionIssuer": ISSUERS})),
        "onBehalfOf": st.one_of(st.none(), st.fixed_dictionaries({"userId": TEXT})),
    }
)
FIELDS = st.fixed_dictionaries(
    {
        "userIdentity": IDENTITIES,
        "eventName": st.sampled_from(["A", "B"]),
        "eventType": st.sampled_from([None, "AwsApiCall", "AwsServiceEvent"]),
        "errorCode": st.sampled_from([None, "", "X", "AccessDenied"]),
        "errorMessage": st.sampled_from([None, "", "text", {"a": 1}]),
    }
)
REGIONS = st.sampled_from(["us-east-1", "cn-north-1"])


def _record(fields: dict[str, Any]) -> Record:
    return msgspec.json.decode(msgspec.json.encode(event("e", **fields)), type=Record)


@st.composite
def neighbours(draw: st.DrawFn) -> list[tuple[dict[str, Any], str]]:
    """Draw a record, and the same one again and again with one thing changed each time."""
    fields, region = draw(FIELDS), draw(REGIONS)
    chain = [(fields, region)]
    for _ in range(draw(st.integers(1, 12))):
        other = draw(FIELDS)
        match draw(st.sampled_from(["field", "identity", "issuer", "region"])):
            case "field":
                name = draw(st.sampled_from(sorted(fields)))
                fields = {**fields, name: other[name]}
            case "identity":
                name = draw(st.sampled_from(sorted(fields["userIdentity"])))
                fields = _with_identity(fields, {name: other["userIdentity"][name]})
            case "issuer" if fields["userIdentity"]["sessionContext"]:
                issuer, changed = fields["userIdentity"]["sessionContext"]["sessionIssuer"], draw(ISSUERS)
                name = draw(st.sampled_from(sorted(issuer)))
                context = {"sessionIssuer": {**issuer, name: changed[name]}}
                fields = _with_identity(fields, {"sessionContext": context})
            case _:
                region = draw(REGIONS)
        chain.append((fields, region))
    return chain


def _with_identity(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "userIdentity": {**fields["userIdentity"], **changes}}


@settings(max_examples=400, deadline=None)
@given(neighbours())
def test_what_was_seen_before_changes_no_code(drawn: list[tuple[dict[str, Any], str]]) -> None:
    keys = EventKeys()
    for fields, region in drawn:
        record = _record(fields)
        assert keys.code_of(record, region) == EventKeys().code_of(record, region)


NO_ARN = {"type": "IAMUser", "accountId": "1"}
ROLE = {"type": "AssumedRole", "accountId": "1"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({**NO_ARN, "userName": "a"}, {**NO_ARN, "userName": "b"}),
        ({**NO_ARN, "principalId": "AIDAA"}, {**NO_ARN, "principalId": "AIDAB"}),
        (
            {**ROLE, "sessionContext": {"sessionIssuer": {"userName": "a"}}},
            {**ROLE, "sessionContext": {"sessionIssuer": {"userName": "b"}}},
        ),
        (
            {**ROLE, "sessionContext": {"sessionIssuer": {"principalId": "AROAA"}}},
            {**ROLE, "sessionContext": {"sessionIssuer": {"principalId": "AROAB"}}},
        ),
    ],
)
def test_principals_that_differ_in_one_field_are_two(one: dict[str, Any], other: dict[str, Any]) -> None:
    keys = EventKeys()
    codes = {keys.code_of(_record({"userIdentity": who}), "us-east-1") for who in (one, other)}
    assert len(codes) == 2


@settings(deadline=None)
@given(FIELDS, FIELDS)
def test_codes_are_equal_where_keys_are(one: dict[str, Any], other: dict[str, Any]) -> None:
    keys = EventKeys()
    codes = [keys.code_of(_record(fields), "us-east-1") for fields in (one, other)]
    actors, kinds, pairs = keys.tables()
    frame = pairs.join(actors, on="actor_code").join(kinds, on="kind_code")
    assert frame["code"].n_unique() == frame.height == len(set(codes))
    assert frame.select(*KEY_SCHEMA).n_unique() == frame.height


@settings(deadline=None)
@given(IDENTITIES, REGIONS)
def test_no_principal_is_an_sts_session(identity: dict[str, Any], region: str) -> None:
    fields = _record({"userIdentity": identity}).user_identity
    principal = principal_of(fields, region)
    assert ":sts:" not in principal.arn
    assert not principal.id.startswith("AROAR:")


def test_session_names_are_no_part_of_the_memory() -> None:
    keys = EventKeys()
    issuer = {"type": "Role", "arn": "arn:aws:iam::1:role/r", "principalId": "AROAR", "accountId": "1"}
    for n in range(50):
        who = {
            "type": "AssumedRole",
            "principalId": f"AROAR:{n}",
            "arn": f"arn:aws:sts::1:assumed-role/r/{n}",
            "accountId": "1",
            "sessionContext": {"sessionIssuer": issuer},
        }
        keys.code_of(_record({"userIdentity": who}), "us-east-1")
    assert [frame.height for frame in keys.tables()] == [1, 1, 1]
    # One principal and one kind of event.
    assert keys.remembered == 2
