"""Snapshots of live accounts through the real command."""

import json
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from assets.partitions import Partition
from pipeline.lake import Lake
from tests.build import ACCOUNT, allow, iam, user
from tests.conftest import Account, Ask
from tests.live.aws_front import Fault, Front
from tests.live.conftest import MANAGEMENT, client, document, populate, today

pytestmark = pytest.mark.long


DETAILS = "iam:GetAccountAuthorizationDetails"


def _rows(live: Account, table: str, account: str = MANAGEMENT) -> pl.DataFrame:
    return Lake(live.root).scan(table, [Partition(today(), account)]).drop("day", "account").collect()


def test_all_pages_are_one_snapshot(live: Account, aws: Front, ask: Ask) -> None:
    aws.page = 2
    answer = ask("snapshot", "--account", "demo")
    assert answer.code == 0, answer.err
    counts = "2 users, 1 role, 1 group, 1 policy, 0 trails"
    assert answer.lines[0].startswith(f"demo ({MANAGEMENT}), {today()}: {counts}; taken at {today()} ")
    assert answer.lines[0].endswith(" UTC (live)")
    assert aws.counted(DETAILS) == 3
    rows = _rows(live, "iam_snapshots")
    assert sorted(zip(rows["kind"], rows["name"], strict=True)) == [
        ("document", "get-account-authorization-details"),
        ("group", "people"),
        ("policy", "Queues"),
        ("role", "worker"),
        ("user", "alice"),
        ("user", "bob"),
    ]
    assert set(rows["taken_at_source"]) == {"live"}


def test_pages_and_their_size_change_nothing(live: Account, aws: Front, ask: Ask) -> None:
    documents = []
    for page in (1, 1000):
        aws.page = page
        assert ask("snapshot", "--account", "demo").code == 0
        documents.append(_rows(live, "iam_snapshots").filter(kind="document")["document"].item())
    assert documents[0] == documents[1]


def test_a_live_snapshot_grants_what_the_file_grants(live: Account, aws: Front, ask: Ask) -> None:
    assert ask("grants", "--account", "demo", "--user", "alice").code == 0
    tables = ("expanded_grants", "grant_sources", "grant_problems")
    found = {table: _rows(live, table) for table in tables}
    # What the AWS CLI writes: the answer as it is, times as text.
    answer = client("iam").get_account_authorization_details()
    del answer["ResponseMetadata"]
    live.write_iam(json.loads(json.dumps(answer, default=str)))
    live.configure(as_of=None, accounts=[{"name": "demo", "id": MANAGEMENT, "iam": "iam.json"}])
    assert ask("grants", "--account", "demo", "--user", "alice").code == 0
    assert _rows(live, "iam_snapshots")["taken_at_source"][0] == "file_time"
    for table in tables:
        assert _rows(live, table).equals(found[table]), table
    assert found["expanded_grants"].height == 2 * 1 + 5 + 2


def test_todays_is_taken_once_unless_a_snapshot_is_asked_for(live: Account, aws: Front, ask: Ask) -> None:
    assert "? alice" in ask("--account", "demo", "--list", "users").out
    assert aws.counted(DETAILS) == 1
    client("iam").create_user(UserName="carol")
    aws.calls.clear()
    for words in (("--list", "users"), ("--user", "alice")):
        assert "carol" not in ask("--account", "demo", *words).out
    assert ask("tables").code == 0
    assert aws.calls == []
    assert ask("snapshot", "--account", "demo").code == 0
    assert "carol" in ask("--account", "demo", "--list", "users").out
    assert aws.counted(DETAILS) == 1


def test_a_past_day_is_filled_from_the_nearest_and_refused_without_any(
    live: Account, aws: Front, ask: Ask
) -> None:
    yesterday = today() - timedelta(days=1)
    asked = ("grants", "--account", "demo", "--user", "alice", "--end", yesterday)
    answer = ask(*asked)
    assert answer.code == 3
    assert f"'iam: live' shows what is granted now, not on {yesterday}" in answer.err
    assert "cloudtracker snapshot --account" in answer.err
    assert aws.calls == []
    assert ask("snapshot", "--account", "demo").code == 0
    aws.calls.clear()
    assert "sqs:ListQueues" in ask(*asked).out
    assert aws.calls == []


def test_a_range_that_ends_today_is_filled_from_todays(live: Account, aws: Front, ask: Ask) -> None:
    first = today() - timedelta(days=2)
    assert ask("run", "--account", "demo", "--from", first).code == 0
    lake = Lake(live.root)
    days = [Partition(first + timedelta(days=n), MANAGEMENT) for n in range(3)]
    assert lake.scan("iam_snapshots", days).select("taken_at").unique().collect().height == 1
    assert aws.counted(DETAILS) == 1
    assert lake.existing("trail_settings", days) == set(days)
    aws.calls.clear()
    assert ask("run", "--account", "demo", "--from", first, "--missing-only").code == 0
    assert aws.calls == []


def test_a_files_snapshot_is_taken_too(live: Account, aws: Front, ask: Ask) -> None:
    live.write_iam(iam(user("alice", allow("iam:GetUser"))))
    files = {"name": "files", "id": ACCOUNT, "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    nothing = {"name": "nothing", "id": "222222222222"}
    live.configure(as_of=None, accounts=[files, nothing])
    answer = ask("snapshot", "--account", "all")
    assert answer.lines == [
        f"files ({ACCOUNT}), {today()}: 1 user, 0 roles, 0 groups, 0 policies;"
        " taken at 2026-06-30 06:00:00 UTC (configuration)"
    ]
    assert "account nothing has no 'iam:', no snapshot is taken" in answer.err
    assert aws.calls == []
    answer = ask("snapshot", "--account", "nothing")
    assert (answer.code, "account nothing has no 'iam:'" in answer.err) == (2, True)


def _through_role(name: str, account: str, **more: Any) -> dict[str, Any]:
    role = f"arn:aws:iam::{account}:role/CloudTrackerAudit"
    return {"name": name, "id": account, "iam": "live", "role_arn": role, **more}


def test_a_role_is_assumed_with_the_external_id(live: Account, aws: Front, ask: Ask) -> None:
    populate(ACCOUNT)
    aws.calls.clear()
    live.configure(as_of=None, accounts=[_through_role("other", ACCOUNT, external_id="it-is-us")])
    answer = ask("snapshot", "--account", "other")
    assert answer.lines[0].startswith(f"other ({ACCOUNT}), {today()}: 2 users, 1 role"), answer.err
    assumed = next(call.body for call in aws.calls if call.operation == "AssumeRole")
    assert f"RoleArn=arn:aws:iam::{ACCOUNT}:role/CloudTrackerAudit" in assumed
    assert "RoleSessionName=cloudtracker&" in assumed
    assert "ExternalId=it-is-us" in assumed


def test_one_account_that_fails_does_not_stop_the_others(live: Account, aws: Front, ask: Ask) -> None:
    accounts = [_through_role("one", ACCOUNT), _through_role("two", "222222222222")]
    live.configure(as_of=None, accounts=[*accounts, {"name": "demo", "id": MANAGEMENT, "iam": "live"}])
    aws.faults.append(Fault("sts:AssumeRole", "AccessDenied", 403, within=ACCOUNT, message="not you"))
    answer = ask("snapshot", "--account", "all")
    assert answer.code == 5
    assert [line.split(" ")[0] for line in answer.lines] == ["two", "demo"]
    denied = f"cloudtracker: account one ({ACCOUNT}): sts:AssumeRole is denied (AccessDenied): not you; allow it in the"
    assert denied in answer.err
    assert "1 of 3 accounts failed" in answer.err.splitlines()[-1]
    assert ask("snapshot", "--account", "one").code == 3


def test_scps_of_files_bind_a_live_account(live: Account, aws: Front, ask: Ask) -> None:
    (live.folder / "scp.json").write_text(document("sqs:*"), encoding="utf-8")
    one = {"name": "demo", "id": MANAGEMENT, "iam": "live", "scps": [["scp.json"]]}
    live.configure(as_of=None, accounts=[one])
    rows = json.loads(ask("grants", "--account", "demo", "--user", "alice", "--format", "json").out)
    assert [row["action"] for row in rows] == ["sqs:GetQueueUrl", "sqs:ListQueues"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"iam": "iam.json", "role_arn": "arn:aws:iam::111111111111:role/x"}, "role_arn: 'arn:aws:iam::1"),
        ({"iam": "live", "role_arn": "CloudTrackerAudit"}, "role_arn: 'CloudTrackerAudit' is no role"),
        ({"iam": "live", "role_arn": "arn:aws:iam::222222222222:role/x"}, "is of account 222222222222"),
        ({"iam": "live", "external_id": "x"}, "external_id: 'x' needs a 'role_arn'"),
        ({"iam": "live", "profil": "x"}, "unknown key 'accounts[0].profil'; did you mean 'profile'?"),
    ],
)
def test_keys_that_make_no_sense_are_named(
    live: Account, ask: Ask, keys: dict[str, str], message: str
) -> None:
    live.configure(accounts=[{"name": "demo", "id": ACCOUNT, **keys}])
    answer = ask("snapshot", "--account", "demo")
    assert (answer.code, message in answer.err) == (2, True), answer.err
