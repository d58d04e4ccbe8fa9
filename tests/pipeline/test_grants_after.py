"""A day's `first_granted` follows from the days before it, also where these were filled in later."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

from assets.partitions import Partition
from assets.principal_diffs.coverage import Window
from pipeline.grants_after import grants_after
from pipeline.lake import Lake
from pipeline.plan import Plan, plan_missing
from pipeline.settings import load_settings
from tests.build import ACCOUNT, allow, iam, user
from tests.conftest import Account, Ask

OLD, NEW = datetime(2026, 6, 3, 6, tzinfo=UTC), datetime(2026, 6, 8, 6, tzinfo=UTC)
FROM, TO = date(2026, 6, 1), date(2026, 6, 8)


def _june(day: int) -> date:
    return date(2026, 6, day)


def _take(account: Account, taken: datetime, *actions: str) -> None:
    """Put an export in place that says itself when it was true: the configuration stays as it is."""
    account.write_iam(iam(user("alice", allow(*actions))))
    os.utime(account.folder / "iam.json", (taken.timestamp(), taken.timestamp()))


def _first_granted(account: Account, day: date) -> dict[str, datetime | None]:
    rows = Lake(account.root).scan("expanded_grants", [Partition(day, ACCOUNT)])
    return dict(rows.select("action", "first_granted").collect().iter_rows())


def _plan(account: Account) -> Plan:
    settings = load_settings(Path(account.config))
    return plan_missing(Lake(settings.root), settings, settings.accounts[0], Window(FROM, TO))


def test_an_earlier_snapshot_that_is_filled_in_says_since_when(account: Account, ask: Ask) -> None:
    account.configure(accounts=[{"name": "demo", "id": ACCOUNT, "iam": "iam.json"}], as_of="2026-06-09")
    _take(account, NEW, "iam:GetUser", "iam:CreateGroup")
    assert ask("run", "--account", "demo", "--from", TO, "--to", TO).code == 0
    assert _first_granted(account, TO) == {"iam:GetUser": None, "iam:CreateGroup": None}
    _take(account, OLD, "iam:GetUser")
    missing = ("run", "--account", "demo", "--from", FROM, "--to", TO, "--missing-only")
    assert ask(*missing).code == 0
    assert _first_granted(account, TO) == {"iam:GetUser": None, "iam:CreateGroup": NEW}
    again = _plan(account)
    assert again.nothing and not again.grants
    # What is made anew among the earlier days is handed on to the later ones, and these are enough.
    Lake(account.root).path("expanded_grants", Partition(_june(5), ACCOUNT)).unlink()
    assert _plan(account).grants == tuple(_june(day) for day in (5, 6, 7, 8))
    assert ask(*missing).code == 0
    assert _plan(account).nothing
    assert _first_granted(account, TO) == {"iam:GetUser": None, "iam:CreateGroup": NEW}


def _grants(
    written: dict[int, datetime], held: dict[int, datetime], stale: tuple[int, ...] = ()
) -> list[int]:
    """Ask about days 6 to 8 of June, whose grants and those of earlier days were written then."""
    made, snapshots = ({_june(day): time for day, time in one.items()} for one in (written, held))
    wanted = {day: time for day, time in snapshots.items() if day >= _june(6)}
    days = {_june(day) for day in stale}
    asked = {day: time for day, time in made.items() if day in wanted and day not in days}
    return sorted(day.day for day in grants_after(days, wanted, asked, made, snapshots))


def test_what_is_newer_before_a_day_counts_only_where_it_can_matter() -> None:
    early, late = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC)
    two = {4: OLD, 6: NEW, 7: NEW, 8: NEW}
    assert _grants({4: early, 6: early, 7: early, 8: early}, two) == []
    # A day that is not asked about was made since; those after it follow.
    assert _grants({4: late, 6: early, 7: early, 8: early}, two) == [6, 7, 8]
    assert _grants({4: late, 6: late, 7: late, 8: late}, two) == []
    assert _grants({4: early, 6: early, 7: early, 8: early}, two, stale=(7,)) == [8]
    # One snapshot only: nobody saw anything missing.
    assert _grants({4: late, 6: early, 7: early, 8: early}, dict.fromkeys(two, NEW), stale=(7,)) == []
