from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.cloudtrail_usage.reader import read_days
from assets.cloudtrail_usage.schema import (
    CLOUDTRAIL_USAGE,
    DESCRIPTIONS,
    LOG_COVERAGE,
    REJECTED_RECORDS,
    ROLE_ASSUMPTIONS,
    SESSION_USAGE,
)
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.errors import InputError, StorageError
from tests.assets.cloudtrail_usage.log_files import (
    ACCOUNT,
    ALICE,
    DAY,
    LONG_AFTER,
    check_conservation,
    coverage,
    event,
    put,
    read,
    read_one,
)

NEXT = DAY + timedelta(days=1)
AFTER = DAY + timedelta(days=2)


def test_tables_have_the_columns_of_the_schema(tmp_path: Path) -> None:
    put(tmp_path / "logs", [event("e1"), 5])
    for tables in (read_one(tmp_path / "logs"), read(tmp_path / "logs", [AFTER])[AFTER]):
        assert dict(tables.usage.schema) == CLOUDTRAIL_USAGE
        assert dict(tables.coverage.schema) == LOG_COVERAGE
        assert dict(tables.rejected.schema) == REJECTED_RECORDS
        assert dict(tables.assumptions.schema) == ROLE_ASSUMPTIONS
        assert dict(tables.sessions.schema) == SESSION_USAGE
    schemas = {
        "cloudtrail_usage": CLOUDTRAIL_USAGE,
        "log_coverage": LOG_COVERAGE,
        "rejected_records": REJECTED_RECORDS,
        "role_assumptions": ROLE_ASSUMPTIONS,
        "session_usage": SESSION_USAGE,
    }
    assert {name: {"", *columns} for name, columns in schemas.items()} == {
        name: set(described) for name, described in DESCRIPTIONS.items()
    }


def test_usage_of_a_user(tmp_path: Path) -> None:
    put(
        tmp_path / "logs",
        [
            event("e1", "2024-03-05T10:00:00Z"),
            event("e3", "2024-03-05T12:00:00Z"),
            event("e2", "2024-03-05T12:00:00Z"),
            event("e4", "2024-03-05T09:00:00Z", userIdentity={**ALICE, "invokedBy": "b.amazonaws.com"}),
            event("e5", "2024-03-05T09:30:00Z", userIdentity={**ALICE, "invokedBy": "a.amazonaws.com"}),
            event("e6", errorCode="AccessDenied", errorMessage="no"),
            event("e7", errorCode="Client.UnauthorizedOperation"),
            event("e8", errorCode="NoSuchBucket"),
            event("e9", eventName="ConsoleLogin", eventType="AwsConsoleSignIn", errorMessage="Failed"),
        ],
    )
    tables = read_one(tmp_path / "logs")
    columns = ("event_name", "event_type", "outcome", "via_service", "events", "services", "error_codes")
    assert tables.usage.select(*columns, "last_event_id").rows() == [
        ("ConsoleLogin", "AwsConsoleSignIn", "error", False, 1, [], [], "e9"),
        (
            "ListBuckets",
            "AwsApiCall",
            "denied",
            False,
            2,
            [],
            ["AccessDenied", "Client.UnauthorizedOperation"],
            "e6",
        ),
        ("ListBuckets", "AwsApiCall", "error", False, 1, [], ["NoSuchBucket"], "e8"),
        ("ListBuckets", "AwsApiCall", "ok", False, 3, [], [], "e2"),
        ("ListBuckets", "AwsApiCall", "ok", True, 2, ["a.amazonaws.com", "b.amazonaws.com"], [], "e5"),
    ]
    ok = tables.usage.row(3, named=True)
    assert ok["first_seen"] == datetime(2024, 3, 5, 10, tzinfo=UTC)
    assert ok["last_seen"] == datetime(2024, 3, 5, 12, tzinfo=UTC)
    assert (ok["principal_arn"], ok["principal_id"]) == (ALICE["arn"], "AIDAALICE")
    assert (ok["principal_account"], ok["principal_type"]) == (ACCOUNT, "user")
    row = coverage(tables)
    assert (row["records"], row["permission_events"], row["other_events"]) == (9, 8, 1)
    check_conservation(tables)


def test_a_service_is_not_acting_for_anybody_else(tmp_path: Path) -> None:
    service = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    put(tmp_path / "logs", [event("e1", userIdentity=service, eventType=...)])
    usage = read_one(tmp_path / "logs").usage.row(0, named=True)
    assert (usage["principal_arn"], usage["principal_type"]) == ("ec2.amazonaws.com", "service")
    assert (usage["via_service"], usage["services"]) == (False, ["ec2.amazonaws.com"])
    assert usage["event_type"] == "AwsApiCall"


def test_sessions_of_a_role_are_one_principal(tmp_path: Path) -> None:
    def session(name: str, **issuer: Any) -> dict[str, Any]:
        return {
            "type": "AssumedRole",
            "principalId": f"AROAR:{name}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/{name}",
            "accountId": ACCOUNT,
            "sessionContext": {"sessionIssuer": issuer},
        }

    role = {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/r", "principalId": "AROAR"}
    full = [session(f"s{n}", **role, accountId=ACCOUNT) for n in range(3)]
    partial = [session(f"t{n}", **role) for n in range(3)]
    bare = [session(f"u{n}") for n in range(3)]
    records = [event(f"e{n}", userIdentity=who) for n, who in enumerate([*full, *partial, *bare])]
    put(tmp_path / "logs", records)
    usage = read_one(tmp_path / "logs").usage
    assert usage.select("principal_arn", "principal_id", "principal_type", "events").rows() == [
        (f"arn:aws:iam::{ACCOUNT}:role/r", "AROAR", "role", 9)
    ]


def test_duplicates_are_counted_once_wherever_they_lie(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    put(root, [event("e1"), event("e1"), event("e2")], "a.json.gz")
    put(root, [event("e1")], "b.json.gz")
    put(root, [event("e2")], day=NEXT)
    put(root, [event("e1"), event("e3")], region="eu-west-1")
    tables = read_one(root)
    assert tables.usage["events"].to_list() == [3]
    here, there = coverage(tables), coverage(tables, "eu-west-1")
    assert (there["permission_events"], there["duplicates"]) == (2, 0)
    assert (here["permission_events"], here["duplicates"], here["files"]) == (1, 4, 3)
    check_conservation(tables)


def test_of_copies_that_differ_the_smallest_counts(tmp_path: Path) -> None:
    names = ["C", "A", "B"]
    for order in (names, names[::-1]):
        root = tmp_path / "".join(order)
        for n, name in enumerate(order):
            put(root, [event("e1", eventName=name, errorCode="X")], f"{n}.json.gz")
        assert read_one(root).usage["event_name"].to_list() == ["A"]


def test_without_event_id_the_content_is_the_identity(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    record = event(None)
    put(root, [record, event("", eventName="Other"), event(..., eventName="Third")], "a.json.gz")  # type: ignore[arg-type]
    put(root, [dict(reversed(record.items())), 5], "b.json.gz")
    tables = read_one(root)
    assert tables.usage.select("event_name", "events").rows() == [
        ("ListBuckets", 1),
        ("Other", 1),
        ("Third", 1),
    ]
    assert coverage(tables)["duplicates"] == 1
    assert all(id_.startswith("record:") for id_ in tables.usage["last_event_id"])


def test_days_come_one_by_one_and_leave_nothing(tmp_path: Path) -> None:
    root, staging = tmp_path / "logs", tmp_path / "staging"
    week = [DAY + timedelta(days=n) for n in range(7)]
    for day in week:
        put(root, [event(f"{day}", f"{day}T10:00:00Z")], day=day)
    steps: list[tuple[int, int]] = []
    staged = []
    made = read_days(
        LocalLogs(root), ACCOUNT, week, late_days=1, late_from={}, now=LONG_AFTER, late_hours=24,
        staging=staging, workers=1, secret=b"s", progress=lambda done, total: steps.append((done, total)),
    )  # fmt: skip
    for tables in made:
        assert steps[-1][0] == 1000 * ((tables.day - DAY).days + 2)
        staged.append(len([path for path in staging.rglob("day-*") if any(path.iterdir())]))
    assert max(staged) <= 2
    assert steps == sorted(steps)
    assert steps[-1] == (8000, 8000)
    assert list(staging.iterdir()) == []


def test_stopping_early_leaves_nothing(tmp_path: Path) -> None:
    put(tmp_path / "logs", [event("e1")])
    staging = tmp_path / "staging"
    made = read_days(
        LocalLogs(tmp_path / "logs"), ACCOUNT, [DAY, NEXT], late_days=0, late_from={}, now=LONG_AFTER,
        late_hours=24, staging=staging, workers=1, secret=b"s",
    )  # fmt: skip
    next(made)
    assert list(staging.iterdir()) != []
    made.close()  # type: ignore[attr-defined]
    assert list(staging.iterdir()) == []


def test_an_account_without_logs_has_no_regions(tmp_path: Path) -> None:
    put(tmp_path / "logs", [event("e1")], account="222222222222")
    tables = read_one(tmp_path / "logs")
    assert (tables.usage.height, tables.coverage.height, tables.rejected.height) == (0, 0, 0)


def test_no_days_is_nothing(tmp_path: Path) -> None:
    assert list(read_days(
        LocalLogs(tmp_path), ACCOUNT, [], late_days=1, late_from={}, now=LONG_AFTER, late_hours=24,
        staging=tmp_path, workers=1, secret=b"s",
    )) == []  # fmt: skip


def test_a_place_without_logs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"AWSLogs"):
        read_one(tmp_path)


def test_a_staging_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    put(tmp_path / "logs", [event("e1")])
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="staged"):
        read_one(tmp_path / "logs", staging=tmp_path / "file")
