"""LookupEvents over HTTP: the tables of the same records in files, resumed where a fetch was stopped."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from assets.cloudtrail_usage.reader import DayTables, read_days
from assets.cloudtrail_usage.sources.aws import Connection
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.cloudtrail_usage.sources.looked_up import LookedUp
from assets.cloudtrail_usage.sources.lookup import LookupLogs
from assets.cloudtrail_usage.sources.source import LogSource
from assets.errors import InputError
from tests.assets.cloudtrail_usage.log_files import event, put
from tests.aws import CREDENTIALS
from tests.build import ACCOUNT, allow, iam, user
from tests.conftest import Account, Ask
from tests.lookup_server import Lookup, lookup_server

TODAY = datetime.now(UTC).date()
DAY = TODAY - timedelta(days=10)
END = datetime.combine(DAY, time(23, 59, 59), UTC)


@pytest.fixture
def lookup(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lookup]:
    for name, value in {**CREDENTIALS, "AWS_MAX_ATTEMPTS": "2"}.items():
        monkeypatch.setenv(name, value)
    with lookup_server() as server:
        server.events = {
            "eu-west-1": [event(f"e{n}", f"{DAY}T{n % 24:02}:00:{n:02}Z") for n in range(23)],
            "us-east-1": [
                event("u1", f"{DAY}T00:00:00Z"),
                event("u2", f"{DAY}T23:59:59Z"),
                event("u3", f"{TODAY}T00:00:00Z"),
            ],
        }
        yield server


def _logs(lookup: Lookup, store: Path, **more: Any) -> LookupLogs:
    settings: dict[str, Any] = {"late_hours": 24, "seconds_a_request": 0.0, **more}
    return LookupLogs(store, connection=Connection(endpoint_url=lookup.url), **settings)


def _read(source: LogSource, folder: Path, day: Any = DAY, late_hours: int = 24) -> DayTables:
    (made,) = read_days(
        source, ACCOUNT, [day], late_days=0, late_from={}, now=datetime.now(UTC), late_hours=late_hours,
        staging=folder / "staging", workers=1, secret=b"a secret of the tests",
    )  # fmt: skip
    return made


def test_the_tables_are_those_of_the_same_records_in_files(lookup: Lookup, tmp_path: Path) -> None:
    lookup.page = 4
    made = _read(_logs(lookup, tmp_path / "store"), tmp_path)
    for region, events in lookup.events.items():
        put(
            tmp_path / "logs",
            [one for one in events if one["eventTime"][:10] == f"{DAY}"],
            day=DAY,
            region=region,
        )
    expected = _read(LocalLogs(tmp_path / "logs"), tmp_path)
    assert expected.usage["events"].sum() == 25
    assert made.usage.equals(expected.usage)
    assert made.coverage.drop("bytes").equals(expected.coverage.drop("bytes"))
    assert made.coverage["complete"].all()
    assert len([one for one in lookup.asked if one[0] == "eu-west-1"]) == 6


def test_what_was_fetched_is_kept_for_the_owner_alone_and_not_fetched_again(
    lookup: Lookup, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    first = _read(_logs(lookup, store), tmp_path)
    asked = len(lookup.asked)
    files = [path for path in store.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    before = [path.read_bytes() for path in files]
    assert _read(_logs(lookup, store), tmp_path).usage.equals(first.usage)
    assert len(lookup.asked) == asked
    for path in files:
        path.unlink()
    _read(_logs(lookup, store), tmp_path)
    assert [path.read_bytes() for path in files] == before


def test_a_day_that_may_still_change_is_fetched_again(lookup: Lookup, tmp_path: Path) -> None:
    logs = _logs(lookup, tmp_path / "store", late_hours=24 * 30)
    assert _read(logs, tmp_path, late_hours=24 * 30).coverage["provisional"].all()
    lookup.events["us-east-1"].append(event("u4", f"{DAY}T12:00:00Z"))
    assert _read(logs, tmp_path, late_hours=24 * 30).usage["events"].sum() == 26


def test_a_fetch_that_was_stopped_goes_on_where_it_was(lookup: Lookup, tmp_path: Path) -> None:
    lookup.page, lookup.fail_after = 2, 6
    logs = _logs(lookup, tmp_path / "store")
    with pytest.raises(
        InputError, match=r"LookupEvents of account 111111111111 in .*have expired; get new ones"
    ):
        _read(logs, tmp_path)
    lookup.fail_after = None
    stopped = len(lookup.asked)
    assert _read(logs, tmp_path).usage["events"].sum() == 25
    again = [one for one in lookup.asked[stopped:] if one[0] == "eu-west-1"]
    assert all(end < END for _, end, _, _ in again)
    assert 0 < len(again) < 12
    assert not list((tmp_path / "store").rglob(".*.pages"))


def test_the_order_of_a_folder_decides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    glob = Path.glob
    made = []
    for backwards in (False, True):

        def listed(path: Path, pattern: str, backwards: bool = backwards) -> list[Path]:
            return sorted(glob(path, pattern), reverse=backwards)

        kept = LookedUp(tmp_path / str(backwards), "day/", DAY, 24)
        asked = kept.begin()
        assert asked is not None
        # The same event, as AWS writes it the second time.
        for agent in ("one", "two"):
            text = msgspec.json.encode({**event("e1", f"{DAY}T00:00:00Z"), "userAgent": agent}).decode()
            kept.add([text], asked, None)
        monkeypatch.setattr(Path, "glob", listed)
        kept.end()
        monkeypatch.setattr(Path, "glob", glob)
        (file,) = kept.files()
        made.append((tmp_path / str(backwards) / file.path).read_bytes())
    assert made[0] == made[1]


def test_two_fetches_of_the_same_process_id_keep_whole_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (LookedUp(tmp_path, "day/", DAY, 24) for _ in range(2))
    asked = first.begin()
    assert asked is not None and second.begin() == asked
    mine, theirs = (msgspec.json.encode(event(name, f"{DAY}T00:00:00Z")).decode() for name in ("e1", "e2"))
    touch = os.utime

    def meanwhile(path: Path, times: tuple[float, float]) -> None:
        # The page is written and not in its place yet.
        monkeypatch.setattr(os, "utime", touch)
        second.add([theirs], asked, None)
        touch(path, times)

    # As in two containers that share a lake.
    monkeypatch.setattr(os, "getpid", lambda: 7)
    monkeypatch.setattr(os, "utime", meanwhile)
    first.add([mine], asked, None)
    [page] = (path for path in tmp_path.rglob("*") if path.is_file())
    assert [one["eventID"] for one in msgspec.json.decode(page.read_bytes())["Records"]] == ["e1"]


@pytest.mark.long
def test_two_requests_a_second_in_a_region(lookup: Lookup, tmp_path: Path) -> None:
    lookup.page = 5
    _read(_logs(lookup, tmp_path / "store", seconds_a_request=0.5), tmp_path)
    times = [when for region, _, _, when in lookup.asked if region == "eu-west-1"]
    assert len(times) == 5
    # Not from the first that arrived: it opens the connection, and may be long on its way.
    assert times[-1] - times[1] > 3 * 0.5 - 0.2


def test_a_region_that_is_refused_is_a_row_and_the_others_are_read(lookup: Lookup, tmp_path: Path) -> None:
    lookup.errors = {"eu-west-1": "AccessDeniedException"}
    logs = _logs(lookup, tmp_path / "store")
    made = _read(logs, tmp_path)
    assert made.usage["events"].sum() == 2
    (file,) = made.rejected.filter(pl.col("reason") == "access_denied")["file"].to_list()
    assert file == f"AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/{DAY:%Y/%m/%d}/"
    assert made.coverage.select("region", "complete").rows() == [("eu-west-1", False), ("us-east-1", True)]
    assert logs.refuses(file)
    lookup.errors = {}
    assert not logs.refuses(file)
    assert _read(logs, tmp_path).coverage["complete"].all()


def test_days_out_of_reach_are_gaps(lookup: Lookup, tmp_path: Path) -> None:
    for days in (90, 91, 400, -1):
        made = _read(_logs(lookup, tmp_path / "store"), tmp_path, TODAY - timedelta(days=days))
        assert made.coverage["files"].to_list() == [0, 0]
        assert not made.coverage["complete"].any()
    assert lookup.asked == []
    assert (
        _read(_logs(lookup, tmp_path / "store"), tmp_path, TODAY - timedelta(days=89))
        .coverage["complete"]
        .all()
    )


def test_credentials_of_another_account_are_refused(lookup: Lookup, tmp_path: Path) -> None:
    lookup.account = "222222222222"
    with pytest.raises(
        InputError, match=r"account 111111111111: the credentials are those of account 222222222222"
    ):
        _logs(lookup, tmp_path).regions(ACCOUNT)


def test_through_the_command(lookup: Lookup, account: Account, ask: Ask) -> None:
    alice = user("alice", allow("s3:ListAllMyBuckets"))
    account.write_iam(iam(alice))
    for one in lookup.events["us-east-1"]:
        one["userIdentity"] = {**one["userIdentity"], "principalId": alice["UserId"], "arn": alice["Arn"]}
    account.configure(
        as_of=f"{DAY}",
        lookback_days=1,
        cloudtrail={"lookup": True, "endpoint_url": lookup.url},
        accounts=[{"name": "demo", "id": ACCOUNT, "iam": "iam.json", "taken_at": f"{DAY}T06:00:00Z"}],
    )
    answer = ask("--account", "demo", "--user", "alice")
    assert answer.lines[1:] == ["  s3:listallmybuckets"]
    assert (account.root / ".lookup" / "AWSLogs" / ACCOUNT).is_dir()
    asked = len(lookup.asked)
    assert ask("--account", "demo", "--user", "alice").lines == answer.lines
    assert len(lookup.asked) == asked
