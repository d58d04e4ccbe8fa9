from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from assets.cloudtrail_usage.access_keys import KeyHash
from assets.cloudtrail_usage.day_keys import day_keys
from assets.cloudtrail_usage.distinct_events import by_session_of
from assets.cloudtrail_usage.keys import EventKeys
from assets.cloudtrail_usage.merge_sessions import merge_sessions, of_services, write_counted
from assets.cloudtrail_usage.records import Record, UserIdentity
from assets.cloudtrail_usage.schema import ROLE_ASSUMPTIONS, SESSION_USAGE_KEY
from assets.cloudtrail_usage.service_sessions import service_sessions
from assets.cloudtrail_usage.session_keys import SessionKeys
from assets.cloudtrail_usage.session_kinds import SessionKinds
from assets.cloudtrail_usage.staging import staged, write_keys, write_staged
from assets.cloudtrail_usage.streams import read_streams
from assets.errors import RunError
from tests.assets.cloudtrail_usage.log_files import (
    ACCOUNT,
    ALICE,
    DAY,
    Made,
    check_conservation,
    event,
    put,
    read,
    read_one,
)

SECRET = b"a secret of the tests"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/admin"


def acting(name: str = "work", key: str | None = "ASIAWORK", role: str = ROLE, **more: Any) -> dict[str, Any]:
    """Return the identity of a role's session."""
    role_name = role.rpartition("/")[2]
    context = {
        "sessionIssuer": {"type": "Role", "principalId": "AROAADMIN", "arn": role, "accountId": ACCOUNT},
        "attributes": {"creationDate": "2024-03-05T09:00:00Z"},
        **more.pop("context", {}),
    }
    return {
        "type": "AssumedRole",
        "principalId": f"AROAADMIN:{name}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": context,
        **more,
    }


def sessions_of(root: Path, *identities: dict[str, Any], more: list[dict[str, Any]] | None = None) -> Made:
    """Read a day on which each identity made one call."""
    calls = [event(f"e{n}", userIdentity=who) for n, who in enumerate(identities)]
    put(root / "logs", [*calls, *(more or [])])
    made = read_one(root / "logs")
    check_conservation(made)
    return made


def test_a_session_of_a_role(tmp_path: Path) -> None:
    who = acting(context={"sourceIdentity": "alice@example.com"}, onBehalfOf={"userId": "u-1"})
    calls = [
        event("e7", "2024-03-05T12:00:00Z", userIdentity=who),
        event("e8", userIdentity=who, errorCode="X"),
    ]
    made = sessions_of(tmp_path, who, who, more=calls)
    error, ok = made.sessions.rows(named=True)
    assert (ok["outcome"], ok["events"], error["outcome"], error["events"]) == ("ok", 3, "error", 1)
    expected = {
        "role_id": "AROAADMIN",
        "role_arn": ROLE,
        "role_account": ACCOUNT,
        "session_type": "role",
        "session": "AROAADMIN:work",
        "session_name": "work",
        "key": KeyHash(SECRET).of("ASIAWORK"),
        "session_created": datetime(2024, 3, 5, 9, tzinfo=UTC),
        "service": "",
        "source_identity": "alice@example.com",
        "on_behalf_of": "u-1",
        "person": "u-1",
        "event_source": "s3.amazonaws.com",
        "event_name": "ListBuckets",
        "event_type": "AwsApiCall",
        "first_seen": datetime(2024, 3, 5, 10, tzinfo=UTC),
        "last_seen": datetime(2024, 3, 5, 12, tzinfo=UTC),
        "last_event_id": "e7",
    }
    assert {column: ok[column] for column in expected} == expected


def test_sessions_differ_by_name_key_and_time(tmp_path: Path) -> None:
    later = {"attributes": {"creationDate": "20240305T100000Z"}}
    made = sessions_of(tmp_path, acting(), acting("play"), acting(key="ASIAPLAY"), acting(context=later))
    assert made.sessions.height == 4
    assert made.sessions["session_created"].dt.hour().sort().to_list() == [9, 9, 9, 10]


@pytest.mark.parametrize(
    ("who", "kind", "person", "name"),
    [
        ({**ALICE, "accessKeyId": "ASIAALICE"}, "user", "alice", ""),
        (
            {
                "type": "FederatedUser",
                "principalId": f"{ACCOUNT}:guest",
                "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/guest",
                "sessionContext": {"sessionIssuer": {**ALICE, "type": "IAMUser"}},
            },
            "user",
            "guest",
            "guest",
        ),
        (acting("bob@example.com", role=f"arn:aws:iam::{ACCOUNT}:role/AWSReservedSSO_A_0"), "role", "bob@example.com",
         "bob@example.com"),
        (acting("anything"), "role", "", "anything"),
    ],
)  # fmt: skip
def test_the_person_is_kept_where_the_record_names_one(
    who: dict[str, Any], kind: str, person: str, name: str, tmp_path: Path
) -> None:
    row = sessions_of(tmp_path, who).sessions.row(0, named=True)
    assert (row["session_type"], row["person"], row["session_name"]) == (kind, person, name)


def test_what_is_done_without_temporary_credentials_is_no_session(tmp_path: Path) -> None:
    service = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    assert sessions_of(tmp_path, {**ALICE, "accessKeyId": "AKIAALICE"}, ALICE, service).sessions.is_empty()


LAMBDA = {
    "issuerType": "AWS::Lambda::Function",
    "credentialsIssuedTo": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f",
}
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS"


@pytest.mark.parametrize(
    ("more", "service"),
    [
        ({"context": {"ec2RoleDelivery": "2.0"}}, "ec2.amazonaws.com"),
        ({"inScopeOf": LAMBDA}, "lambda.amazonaws.com"),
        ({"inScopeOf": {"issuerType": "AWS::ECS::Task"}}, "ecs-tasks.amazonaws.com"),
        ({"role": LINKED}, "rds.amazonaws.com"),
        ({"invokedBy": "backup.amazonaws.com", "principalId": "AROAADMIN"}, "backup.amazonaws.com"),
    ],
)
def test_sessions_that_say_whose_they_are_are_one_row(
    more: dict[str, Any], service: str, tmp_path: Path
) -> None:
    made = sessions_of(tmp_path, *(acting(f"i-{n}", f"ASIA{n}", **more) for n in range(3)))
    row = made.sessions.row(0, named=True)
    assert (made.sessions.height, row["events"], row["service"]) == (1, 3, service)
    assert (row["session"], row["key"], row["session_name"], row["session_created"]) == ("", "", "", None)


def test_a_service_that_acts_for_a_person_leaves_them_their_session(tmp_path: Path) -> None:
    who = acting(invokedBy="cloudformation.amazonaws.com")
    row = sessions_of(tmp_path, who).sessions.row(0, named=True)
    assert (row["session"], row["service"]) == ("AROAADMIN:work", "")


def issued(name: str, key: str, who: dict[str, Any]) -> dict[str, Any]:
    """Return the event that issued a session."""
    return event(
        f"issued-{name}-{key}", userIdentity=who, eventSource="sts.amazonaws.com", eventName="AssumeRole",
        requestParameters={"roleArn": ROLE, "roleSessionName": name},
        responseElements={
            "credentials": {"accessKeyId": key}, "assumedRoleUser": {"assumedRoleId": f"AROAADMIN:{name}"},
        },
    )  # fmt: skip


def test_sessions_issued_to_a_service_are_one_row_and_people_stay_apart(tmp_path: Path) -> None:
    function = {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}
    assumptions = [
        issued("fn", "ASIA1", function), issued("fn", "ASIA2", function), issued("fn", "ASIAALICE", ALICE),
        issued("job", "ASIA3", function),
    ]  # fmt: skip
    made = sessions_of(
        tmp_path,
        acting("fn", "ASIA1"),
        acting("fn", "ASIA2"),
        acting("fn", "ASIAALICE"),
        acting("fn", None),
        acting("job", None),
        more=assumptions,
    )
    rows = made.sessions.select("service", "session", "key", "events").rows()
    # Calls without a key are the service's only where nobody else had a session of that name.
    assert rows == [
        ("lambda.amazonaws.com", "", "", 3),
        ("", "AROAADMIN:fn", "", 1),
        ("", "AROAADMIN:fn", KeyHash(SECRET).of("ASIAALICE"), 1),
    ]


def test_an_event_that_is_delivered_twice_is_counted_once(tmp_path: Path) -> None:
    put(tmp_path / "logs", [event("e1", userIdentity=acting())], "a.json.gz")
    put(tmp_path / "logs", [event("e1", userIdentity=acting())], "b.json.gz", region="eu-west-1")
    assert read_one(tmp_path / "logs").sessions["events"].to_list() == [1]


def test_what_records_of_one_session_say_differently_makes_no_second_row(tmp_path: Path) -> None:
    named = acting(context={"sourceIdentity": "alice"})
    for first, second in ((acting(), named), (named, acting())):
        rows = sessions_of(tmp_path, first, second).sessions
        assert rows["source_identity"].to_list() == ["alice"]


def test_what_is_said_of_a_session_on_another_day_is_not_said_on_this(tmp_path: Path) -> None:
    named = acting(context={"sourceIdentity": "alice"})
    put(
        tmp_path / "logs",
        [
            event("e1", "2024-03-05T23:59:59Z", userIdentity=acting()),
            event("e2", "2024-03-06T00:00:01Z", userIdentity=named),
        ],
    )
    days = read(
        tmp_path / "logs",
        [DAY, DAY + timedelta(days=1)],
        late_days=1,
        late_from={DAY + timedelta(days=1): [DAY]},
    )
    assert [made.sessions["source_identity"].to_list() for made in days.values()] == [[""], ["alice"]]


def _stage(folder: Path, half: int) -> pl.DataFrame:
    """Stage 1,200 sessions, three quarters of them a service's, and return the half of their 2,400 events."""
    codes, keys = SessionKeys(KeyHash(SECRET)), EventKeys()
    rows = []
    for n in range(2_400):
        who = acting(f"s{n % 1200:04}", f"ASIA{n % 1200}")
        record = msgspec.json.decode(
            msgspec.json.encode(event("e", userIdentity=who, eventName=f"Op{n % 3}")), type=Record
        )
        rows.append((f"e{n}", keys.code_of(record, "us-east-1"), codes.code_of(record.user_identity), n, 0))
    write_staged(folder, 5, "sessions", "a", codes.take())
    write_keys(folder, 5, "a", keys.tables())
    blank = {name: [""] * 900 for name, dtype in ROLE_ASSUMPTIONS.items() if dtype == pl.String}
    issued = {**blank, "key": [KeyHash(SECRET).of(f"ASIA{n}") for n in range(900)], "service": ["x"] * 900}
    assumed = pl.DataFrame({**issued, "caller_type": ["service"] * 900}).with_columns(
        **{name: pl.lit(None, dtype) for name, dtype in ROLE_ASSUMPTIONS.items() if dtype != pl.String}
    )
    write_staged(folder, 5, "assumed", "a", assumed.select(*ROLE_ASSUMPTIONS))
    columns = {
        "id": pl.String(),
        "code": pl.UInt64(),
        "session_code": pl.UInt64(),
        "time": pl.Int64(),
        "region": pl.UInt16(),
    }
    return pl.DataFrame(rows, schema=columns, orient="row")[half::2]


def test_a_large_day_merged_in_parts_is_the_same(tmp_path: Path) -> None:
    made = []
    for name, size, ranked in (("whole", 10_000, 10_000), ("ranges", 50, 10_000), ("parts", 50, 0)):
        folder = tmp_path / name
        for half in (0, 1):
            rows = _stage(folder, half)
            services = service_sessions(folder, 5, size)
            write_counted(folder, 5, str(half), by_session_of(of_services(rows, services)))
        kinds = SessionKinds(day_keys(folder, 5))
        made.append(merge_sessions(folder, 5, kinds, services, folder / "made", size, ranked))
    whole, ranges, parts = (table.lazy().collect() for table in made)
    assert len(made[0].files) == 1 < min(len(made[1].files), len(made[2].files))
    assert (whole["events"].sum(), whole["service"].eq("x").sum(), whole.height) == (2_400, 3, 303)
    assert whole.equals(whole.sort(SESSION_USAGE_KEY))
    assert ranges.equals(whole)
    assert parts.equals(whole)


def test_sessions_that_share_a_code_are_refused(tmp_path: Path) -> None:
    _stage(tmp_path, 0)
    rows = _stage(tmp_path, 0)
    others = read_streams(staged(tmp_path, 5, "sessions")).with_columns(session=pl.lit("AROAOTHER:x"))
    write_staged(tmp_path, 5, "sessions", "b", others)
    services = service_sessions(tmp_path, 5)
    write_counted(tmp_path, 5, "0", by_session_of(of_services(rows, services)))
    kinds = SessionKinds(day_keys(tmp_path, 5))
    with pytest.raises(RunError, match="same code"):
        merge_sessions(tmp_path, 5, kinds, services, tmp_path / "made")


def test_a_hundred_thousand_sessions_of_a_service_are_one_in_memory() -> None:
    codes = SessionKeys(KeyHash(SECRET))
    for n in range(1_000):
        who = msgspec.convert(acting(f"i-{n}", f"ASIA{n}", context={"ec2RoleDelivery": "2.0"}), UserIdentity)
        codes.code_of(who)
    assert codes.remembered == 1
    assert codes.take().height == 1
    assert codes.remembered == 0
