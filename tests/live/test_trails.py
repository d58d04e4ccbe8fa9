"""Trails read from AWS: what is stored of them, and what the verdicts make of it."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.aws_access.access import AwsAccess
from assets.partitions import Partition
from assets.principal_diffs.coverage import Window
from assets.principal_diffs.trail_readings import LogPlace, readings, recorded_over
from assets.principal_diffs.trails import Selector
from assets.trail_settings.live import read_trails
from assets.trail_settings.schema import TRAIL_SETTINGS
from pipeline.lake import Lake
from tests.build import record, user
from tests.conftest import Account, Ask
from tests.live.aws_front import Fault, Front
from tests.live.conftest import MANAGEMENT, client, today

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DEMO = AwsAccess("account demo", MANAGEMENT)
S3 = "AWS::S3::Object"
ALL_OBJECTS = {
    "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": [S3]},
    ]
}
MANAGEMENT_EVENTS = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}


def _trail(name: str, region: str, logging: bool = True, **more: Any) -> Any:
    client("s3").create_bucket(Bucket=f"logs-{name}")
    trails = client("cloudtrail", region)
    trails.create_trail(Name=name, S3BucketName=f"logs-{name}", **more)
    if logging:
        trails.start_logging(Name=name)
    return trails


def test_trails_are_read_where_they_are_at_home(aws: Front) -> None:
    basic = {"ReadWriteType": "WriteOnly", "ExcludeManagementEventSources": ["kms.amazonaws.com"]}
    _trail("a-basic", "eu-west-1", IsMultiRegionTrail=True, S3KeyPrefix="some/where").put_event_selectors(
        TrailName="a-basic", EventSelectors=[basic]
    )
    _trail("b-advanced", "us-east-1", False).put_event_selectors(
        TrailName="b-advanced", AdvancedEventSelectors=[MANAGEMENT_EVENTS, ALL_OBJECTS]
    )
    _trail("c-elsewhere", "us-west-2")
    aws.calls.clear()
    rows = read_trails(DEMO, NOW)
    assert dict(rows.schema) == TRAIL_SETTINGS
    told = rows.select("name", "home_region", "multi_region", "logging", "problem").rows()
    # A trail of one other region cannot be seen from here; that of every region can.
    assert told == [("a-basic", "eu-west-1", True, True, ""), ("b-advanced", "us-east-1", False, False, "")]
    basic_answer, advanced = (json.loads(text) for text in rows["selectors"])
    assert basic_answer == {"AdvancedEventSelectors": [], "EventSelectors": [basic]}
    assert advanced == {"AdvancedEventSelectors": [MANAGEMENT_EVENTS, ALL_OBJECTS], "EventSelectors": []}
    assert set(rows["read_at"]) == {NOW}
    assert rows.select("bucket", "prefix").rows() == [("logs-a-basic", "some/where"), ("logs-b-advanced", "")]
    regions = {(call.operation, call.region) for call in aws.calls if call.service == "cloudtrail"}
    assert ("GetEventSelectors", "eu-west-1") in regions


def test_an_organisations_trail_that_is_closed_to_the_account_is_kept_with_the_reason(aws: Front) -> None:
    _trail("own", "us-east-1")
    aws.faults.append(Fault("cloudtrail:GetEventSelectors", "AccessDeniedException", message="closed"))
    # The caller is another account than the owner of the trail; moto shows each account its own trails only.
    from assets.trail_settings import live

    connection = DEMO.connect()
    trail = client("cloudtrail").describe_trails()["trailList"][0]
    with pytest.raises(Exception, match="cloudtrail:GetEventSelectors is denied"):
        live._row(connection, trail, NOW)
    theirs = {**trail, "IsOrganizationTrail": True}
    member = AwsAccess(
        "account member", "111111111111", role_arn="arn:aws:iam::111111111111:role/x"
    ).connect()
    row = dict(zip(TRAIL_SETTINGS, live._row(member, theirs, NOW), strict=True))
    assert (row["selectors"], row["logging"]) == (None, None)
    assert "GetEventSelectors is denied (AccessDeniedException): closed" in str(row["problem"])
    assert "GetTrailStatus failed (TrailNotFoundException)" in str(row["problem"])


LOGS = LogPlace("logs")


def _rows(*days: tuple[int, dict[str, Any]]) -> pl.DataFrame:
    standard = {
        "trail_arn": "arn:1",
        "name": "one",
        "home_region": "us-east-1",
        "multi_region": True,
        "organization": False,
        "bucket": "logs",
        "prefix": "",
        "logging": True,
        "selectors": json.dumps({"AdvancedEventSelectors": [MANAGEMENT_EVENTS, ALL_OBJECTS]}),
        "problem": "",
        "read_at": NOW,
    }
    rows = [{**standard, **more, "day": date(2026, 6, day)} for day, more in days]
    return pl.DataFrame(rows, schema={**TRAIL_SETTINGS, "day": pl.Date}, orient="row")


def _recorded(*days: tuple[int, dict[str, Any]], place: LogPlace = LOGS) -> set[Selector] | None:
    window = Window(date(2026, 6, 28), date(2026, 6, 30))
    found = recorded_over(readings(_rows(*days), place), window)
    return set(found[0].selectors) if found else None


def _basic(**more: Any) -> dict[str, Any]:
    return {"selectors": json.dumps({"EventSelectors": [more]})}


EVERYTHING: dict[str, Any] = {}
EVENTS, OBJECTS = Selector(None), Selector(S3)


@pytest.mark.parametrize(
    ("days", "recorded"),
    [
        ([(28, {}), (29, {}), (30, {})], {EVENTS, OBJECTS}),
        # A gap, or a beginning within the window: nobody knows of the objects on the days between.
        ([(28, {}), (30, {})], {EVENTS}),
        ([(29, {}), (30, {})], {EVENTS}),
        ([(28, {}), (29, _basic()), (30, {})], {EVENTS}),
        # What some day left out is not recorded over the window.
        (
            [(29, _basic(ExcludeManagementEventSources=["kms.amazonaws.com"])), (30, {})],
            {Selector(None, without_sources=frozenset({"kms.amazonaws.com"}))},
        ),
        ([(29, _basic(ReadWriteType="ReadOnly")), (30, _basic(ReadWriteType="WriteOnly"))], set()),
        ([(29, _basic(ReadWriteType="ReadOnly")), (30, {})], {Selector(None, write=False)}),
        # A trail that was stopped records nothing, one of a single region nothing of the others.
        ([(30, {"logging": False})], set()),
        ([(28, {}), (29, {"multi_region": False}), (30, {})], set()),
        # Where it delivered to was not asked by earlier versions.
        ([(day, {"bucket": None, "prefix": None}) for day in (28, 29, 30)], {EVENTS}),
        # Of what nobody may look into only the management events are taken for recorded, as without any reading.
        ([(30, {"selectors": None, "logging": None})], {EVENTS}),
        ([(28, {"logging": None}), (29, {}), (30, {})], {EVENTS}),
        # Readings of other days say nothing.
        ([(27, {})], None),
        ([], None),
    ],
)
def test_only_what_every_reading_agrees_on_is_recorded(
    days: list[tuple[int, dict[str, Any]]], recorded: set[Selector] | None
) -> None:
    assert _recorded(*days) == recorded


def test_two_trails_record_what_either_does() -> None:
    other = {"trail_arn": "arn:2", **_basic(ReadWriteType="ReadOnly")}
    one = _basic(ReadWriteType="WriteOnly")
    days = [(day, settings) for day in (28, 29, 30) for settings in (one, other)]
    assert _recorded(*days) == {Selector(None, write=False), Selector(None, read=False)}


# The organisation's trail has the management events; all objects are recorded by one that writes to another bucket.
TWO_PLACES = [
    (day, settings)
    for day in (28, 29, 30)
    for settings in (
        {
            **_basic(ExcludeManagementEventSources=["kms.amazonaws.com"]),
            "organization": True,
            "prefix": "org",
        },
        {"trail_arn": "arn:2", "bucket": "objects"},
    )
]
WITHOUT_KMS = Selector(None, without_sources=frozenset({"kms.amazonaws.com"}))


@pytest.mark.parametrize(
    ("place", "recorded"),
    [
        (LogPlace("logs", "org", True), {WITHOUT_KMS}),
        (LogPlace("objects"), {EVENTS, OBJECTS}),
        # A copy on disk, or a bucket that somebody copies to: either trail's, or that of the one of its kind.
        (LogPlace("logs", "other"), {EVENTS, OBJECTS}),
        (LogPlace(organization=True), {WITHOUT_KMS}),
        (LogPlace("copies", organization=True), {WITHOUT_KMS}),
    ],
)
def test_only_trails_whose_files_are_read_count(place: LogPlace, recorded: set[Selector]) -> None:
    assert _recorded(*TWO_PLACES, place=place) == recorded


def test_of_a_copy_that_either_of_two_trails_wrote_only_what_both_record_counts() -> None:
    alike = [(day, {**settings, "organization": False}) for day, settings in TWO_PLACES]
    assert _recorded(*alike, place=LogPlace()) == {WITHOUT_KMS}
    # One that has stopped wrote none of it.
    stopped = [(day, {**more, "logging": "trail_arn" in more}) for day, more in alike]
    assert _recorded(*stopped, place=LogPlace()) == {EVENTS, OBJECTS}


def test_verdicts_follow_the_trails_of_a_live_account(live: Account, aws: Front, ask: Ask) -> None:
    advanced = [MANAGEMENT_EVENTS, ALL_OBJECTS]
    without_kms = {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}
    advanced[0] = {"FieldSelectors": [*MANAGEMENT_EVENTS["FieldSelectors"], without_kms]}
    _trail("one", "us-east-1", IsMultiRegionTrail=True).put_event_selectors(
        TrailName="one", AdvancedEventSelectors=advanced
    )
    alice = user("alice", account=MANAGEMENT)
    day = today() - timedelta(days=3)
    live.log(
        record(alice, "iam:GetUser", f"{day}T10:00:00Z", recipientAccountId=MANAGEMENT),
        account=MANAGEMENT,
    )
    asked = ("--account", "demo", "--user", "alice", "--format", "json")

    def reasons(*words: object) -> dict[str, str]:
        answer = ask(*asked, *words)
        assert answer.code == 0, answer.err
        return {row["action"]: row["reason"] for row in json.loads(answer.out)}

    first = reasons()
    assert (first["kms:Decrypt"], first["s3:GetObject"]) == ("excluded_by_trail", "selectors_unknown")
    # On the one day that the trail was read on, all objects are recorded; of the logs nothing is there yet.
    lake = Lake(live.root)
    stored = lake.scan("trail_settings", [Partition(today(), MANAGEMENT)]).collect()
    assert stored["name"].to_list() == ["one"]
    # As if it had been read on each day of the window.
    for days in range(1, 5):
        part = Partition(today() - timedelta(days=days), MANAGEMENT)
        lake.write("trail_settings", stored.drop("day", "account"), part)
    aws.calls.clear()
    later = reasons()
    assert aws.calls == []
    assert later["kms:Decrypt"] == "excluded_by_trail"
    assert later["s3:GetObject"] != "selectors_unknown"
    # What the configuration says of the trails stands instead of what was read.
    Path(live.config).write_text(
        live.config.read_text(encoding="utf-8").replace('"lookback_days"', '"trails": [{}], "lookback_days"'),
        encoding="utf-8",
    )
    said = reasons()
    assert said["kms:Decrypt"] != "excluded_by_trail"
    assert said["s3:GetObject"] == "selectors_unknown"
