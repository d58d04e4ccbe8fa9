"""Every verdict with its reason, as JSON cases; each case says which AWS field or rule it comes from."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from assets.aws_actions.catalogue import Catalogue
from assets.aws_actions.mapping import EventMapping
from assets.cloudtrail_usage.schema import CLOUDTRAIL_USAGE, LOG_COVERAGE
from assets.expanded_grants.frames import expand_account
from assets.iam_snapshots.snapshot import details_of, snapshot_rows
from assets.principal_diffs.coverage import Window
from assets.principal_diffs.days import Tables, window_diff
from assets.principal_diffs.event_selectors import selectors_of
from assets.principal_diffs.exclusions import Exclusion
from assets.principal_diffs.rules import VerdictRules
from assets.principal_diffs.schema import PRINCIPAL_DIFFS, REASONS, STATUSES
from assets.principal_diffs.trails import Trail
from pipeline.data_files import DATA_FILES
from tests.build import ACCOUNT, allow, iam, role, user

CASES = [
    case
    for path in sorted((Path(__file__).parents[2] / "cases" / "verdicts").glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
]
WINDOW = Window(date(2026, 6, 26), date(2026, 6, 30))


@pytest.fixture(scope="session")
def knowledge(facts: Path) -> tuple[pl.DataFrame, pl.DataFrame, EventMapping]:
    """The two fact tables and the mapping."""
    from pipeline.lake import Lake

    aws_actions, iam_actions = Lake(facts).read("aws_actions"), Lake(facts).read("iam_actions")
    return aws_actions, iam_actions, EventMapping.from_frames(aws_actions, iam_actions, DATA_FILES)


Knowledge = tuple[pl.DataFrame, pl.DataFrame, EventMapping]


def _assert_the_columns_are_the_contracts_and_the_sets_are_closed(rows: pl.DataFrame) -> None:
    assert dict(rows.schema) == PRINCIPAL_DIFFS
    assert set(rows["status"]) <= set(STATUSES)
    assert set(rows["reason"]) <= set(REASONS)
    assert rows.select("principal_arn", "action").is_unique().all()
    assert rows.equals(rows.sort("principal_arn", "action"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], knowledge: Knowledge) -> None:
    assert case["source"]
    rows = _diff(case, knowledge)
    _assert_the_columns_are_the_contracts_and_the_sets_are_closed(rows)
    named = set(case["expect"]) | ({event[0] for event in case["events"]} if not case["expect"] else set())
    found = {
        action: [status, reason]
        for action, status, reason in rows.select("action", "status", "reason").rows()
        if action in named
    }
    assert found == case["expect"]
    if "covered" in case:
        assert rows["covered_days"].unique().to_list() == [case["covered"]]
    if "excluded" in case:
        marked = rows.filter("excluded").select("action", "exclusion").rows()
        assert {action: text for action, text in marked if action in named} == case["excluded"]
        assert set(rows.filter(~pl.col("excluded"))["exclusion"]) <= {""}


def test_every_reason_has_a_case() -> None:
    # `unverified` is in the test below: its actions change with botocore.
    covered = {reason for case in CASES for _, reason in case["expect"].values()} | {
        "maybe_needed",
        "unverified",
    }
    assert covered == set(REASONS)


def test_a_guessed_action_is_never_unused_and_never_a_plus(knowledge: Knowledge) -> None:
    guessed = knowledge[1].filter(pl.col("unverified") & (pl.col("recorded") == "management"))["action"][0]
    granted = {"allow": [guessed.partition(":")[0] + ":*"], "events": [], "expect": {}}
    rows = _diff(granted, knowledge).filter(pl.col("action") == guessed)
    assert rows.select("status", "reason").rows() == [("unknown", "unverified")]
    source = knowledge[0].filter(pl.col("primary").list.contains(guessed)).row(0, named=True)
    event = f"{source['event_source'].removesuffix('.amazonaws.com')}:{source['operation']}"
    rows = _diff({"allow": [], "events": [[event, "ok"]], "expect": {}}, knowledge)
    assert rows.select("action", "status", "reason").rows() == [(guessed, "unknown", "unverified")]


def test_an_action_that_a_call_may_have_needed_is_unknown(knowledge: Knowledge) -> None:
    aws_actions, iam_actions, mapping = knowledge
    recorded = iam_actions.filter(pl.col("recorded") == "management")["action"].to_list()
    calls = (
        aws_actions.filter((pl.col("recorded") == "management") & (pl.col("rule") == "exact"))
        .explode("conditional")
        .filter(pl.col("conditional").is_in(recorded))
    )
    call = calls.row(0, named=True)
    event = f"{call['event_source'].removesuffix('.amazonaws.com')}:{call['operation']}"
    assert mapping.map_event(call["event_source"], call["operation"]).conditional
    case = {"allow": [call["conditional"]], "events": [[event, "ok"]], "expect": {}}
    rows = _diff(case, knowledge).filter(pl.col("action") == call["conditional"])
    assert rows.select("status", "reason").rows() == [("unknown", "maybe_needed")]
    refused = {**case, "events": [[event, "denied"]]}
    rows = _diff(refused, knowledge).filter(pl.col("action") == call["conditional"])
    assert rows.select("status", "reason").rows() == [("unused", "never_called")]


def _diff(case: dict[str, Any], knowledge: Knowledge) -> pl.DataFrame:
    aws_actions, iam_actions, mapping = knowledge
    principal = _principal(case, case["allow"])
    snapshot = snapshot_rows(
        _raw(principal), "iam.json", datetime(2026, 6, 30, tzinfo=UTC), "configuration", ACCOUNT
    )
    catalogue = Catalogue.from_frame(iam_actions)
    expanded = expand_account(details_of(snapshot), catalogue)
    grants = expanded.grants
    if "first_granted" in case:
        since = datetime.fromisoformat(case["first_granted"])
        grants = grants.with_columns(first_granted=pl.lit(since, pl.Datetime("us", "UTC")))
    earlier = _principal(case, case.get("earlier", []))
    before = expand_account(
        details_of(snapshot.with_columns(document=pl.lit(_raw(earlier).decode()))), catalogue
    )
    tables = Tables(
        usage=_usage(case, principal),
        coverage=_coverage(case),
        grants=pl.concat([_on(grants, WINDOW.end), _on(before.grants, WINDOW.start)]),
        problems=_on(expanded.problems, WINDOW.end),
        snapshots=_on(snapshot, WINDOW.end),
        aws_actions=aws_actions,
        iam_actions=iam_actions,
    )
    return window_diff(ACCOUNT, WINDOW, tables, mapping, _rules(case))


def _rules(case: dict[str, Any]) -> VerdictRules:
    trails = [
        Trail(selectors_of(answer), date.fromisoformat(answer["since"]) if "since" in answer else None)
        for answer in case.get("trails", [])
    ]
    exclusions = [msgspec.convert(exclusion, Exclusion) for exclusion in case.get("exclusions", [])]
    return VerdictRules(case.get("min_covered_days", 1), tuple(trails), tuple(exclusions))


def _principal(case: dict[str, Any], actions: list[str]) -> dict[str, Any]:
    more: dict[str, Any] = {"CreateDate": case["created"]} if "created" in case else {}
    more |= {"account": case["account"]} if "account" in case else {}
    if case.get("missing"):
        more["AttachedManagedPolicies"] = [
            {"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::aws:policy/Gone"}
        ]
    statements = (
        [allow(*actions, **({"Condition": case["condition"]} if "condition" in case else {}))]
        if actions
        else []
    )
    if case.get("role"):
        return role("subject", *statements, RoleLastUsed={"LastUsedDate": case["last_used"]}, **more)
    return user("subject", *statements, **more)


def _raw(principal: dict[str, Any]) -> bytes:
    # A file that has nothing of the account is refused.
    return json.dumps(iam(principal, user("somebody"))).encode()


def _usage(case: dict[str, Any], principal: dict[str, Any]) -> pl.LazyFrame:
    rows = []
    for call, outcome, *more in case["events"]:
        source, _, name = call.partition(":")
        row = {
            "principal_arn": principal["Arn"],
            "principal_id": principal.get("UserId") or principal.get("RoleId"),
            "principal_account": ACCOUNT,
            "principal_type": "user" if "UserName" in principal else "role",
            "event_source": f"{source}.amazonaws.com",
            "event_name": name,
            "event_type": "AwsApiCall",
            "outcome": outcome,
            "via_service": False,
            "events": 1,
            "first_seen": datetime(2026, 6, 28, 10, tzinfo=UTC),
            "last_seen": datetime(2026, 6, 28, 11, tzinfo=UTC),
            "services": [],
            "error_codes": [],
            "last_event_id": "e",
            "day": "2026-06-28",
            "account": ACCOUNT,
            **(more[0] if more else {}),
        }
        row["day"] = date.fromisoformat(str(row["day"]))
        rows.append(row)
    return pl.LazyFrame(rows, schema={**CLOUDTRAIL_USAGE, "day": pl.Date, "account": pl.String}, orient="row")


def _coverage(case: dict[str, Any]) -> pl.LazyFrame:
    rows = []
    for number in case.get("logs", [1, 2, 3, 4, 5]):
        rejected, provisional = number in case.get("rejected", []), number in case.get("provisional", [])
        counts = dict.fromkeys(LOG_COVERAGE, 0) | {
            "region": "us-east-1",
            "files": 3,
            "bytes": 3000,
            "permission_events": 30,
            "rejected": int(rejected),
        }
        flags = {
            "provisional": provisional,
            "complete": not (rejected or provisional),
            "late_for": [],
            "late_from": [],
        }
        rows.append({**counts, **flags, "day": WINDOW.start + timedelta(days=number - 1), "account": ACCOUNT})
    return pl.LazyFrame(rows, schema={**LOG_COVERAGE, "day": pl.Date, "account": pl.String}, orient="row")


def _on(frame: pl.DataFrame, day: date) -> pl.LazyFrame:
    return frame.lazy().with_columns(day=pl.lit(day), account=pl.lit(ACCOUNT))
