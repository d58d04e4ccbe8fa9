"""Staleness of many days at once is staleness day by day: each input is looked at once, and nothing less is seen."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import polars as pl
import pytest

from assets.iam_snapshots.filling import IamSources, taken_times
from assets.partitions import AnyPartition, Partition
from assets.role_sessions.days import DAYS_BEFORE
from pipeline.lake import Lake
from pipeline.plan import (
    FACT_TABLES,
    GRANT_TABLES,
    configured_at,
    stale_diffs,
    stale_grants,
)
from pipeline.session_plan import stale_sessions
from pipeline.settings import AccountSettings, Settings, load_settings
from pipeline.sources import iam_source
from pipeline.tables import TABLES
from pipeline.usage_plan import USAGE_TABLES
from tests.build import allow, iam, user
from tests.conftest import Account

ACCOUNTS = ("111111111111", "222222222222")
DAYS = [date(2026, 6, 30) - timedelta(days=n) for n in range(6, -1, -1)]
CUT = (*GRANT_TABLES, *USAGE_TABLES, "principal_diffs", "role_sessions")


def _grants(lake: Lake, settings: Settings, account: AccountSettings, day: date) -> bool:
    partition = Partition(day, account.id)
    times = [lake.written_at(table, partition) for table in GRANT_TABLES]
    found = [one for one in times if one is not None]
    if len(found) < len(GRANT_TABLES):
        return True
    facts = lake.written_at("aws_actions")
    if min(found[1:]) < found[0] or (facts is not None and facts > min(found[1:])):
        return True
    if configured_at(settings) > min(found[1:]):
        return True
    source = iam_source(settings, account)
    assert source is not None
    taken = taken_times(lake, account.id)
    wanted = IamSources({account.id: source}, lake, settings.today).wanted(partition, taken)
    held = lake.scan("iam_snapshots", [partition]).select(pl.col("taken_at").first()).collect().item()
    if held != wanted or not source.gives(wanted, taken):
        return bool(held != wanted)
    return source.changed_at is not None and source.changed_at > found[0]


def _handed_on(lake: Lake, settings: Settings, account: AccountSettings, day: date) -> bool:
    """Whether a day's grants are stale by themselves, or by those of the day before that has some."""
    if _grants(lake, settings, account, day):
        return True
    source = iam_source(settings, account)
    assert source is not None
    sources, taken = IamSources({account.id: source}, lake, settings.today), taken_times(lake, account.id)
    # Every earlier day has grants, or is missing and gets them; those are stale or hold what is wanted.
    snapshots = {sources.wanted(Partition(one, account.id), taken) for one in DAYS if one <= day}
    if day == DAYS[0] or len(snapshots) == 1:
        return False
    before = day - timedelta(days=1)
    if _handed_on(lake, settings, account, before):
        return True
    given = lake.written_at("expanded_grants", Partition(before, account.id))
    times = [lake.written_at(table, Partition(day, account.id)) for table in GRANT_TABLES[1:]]
    return given is not None and any(one is not None and given > one for one in times)


def _diff(lake: Lake, settings: Settings, account: AccountSettings, day: date) -> bool:
    written = lake.written_at("principal_diffs", Partition(day, account.id))
    inputs = [lake.written_at(table, Partition(day, account.id)) for table in GRANT_TABLES]
    inputs += [lake.written_at(table) for table in FACT_TABLES]
    inputs += [
        lake.written_at(table, Partition(day - timedelta(days=n), account.id))
        for table in USAGE_TABLES
        for n in range(settings.lookback_days)
    ]
    inputs.append(configured_at(settings))
    return written is None or any(one is not None and one > written for one in inputs)


def _sessions(lake: Lake, settings: Settings, account: AccountSettings, day: date) -> bool:
    written = lake.written_at("role_sessions", Partition(day, account.id))
    inputs = [
        lake.written_at(table, Partition(day - timedelta(days=n), one.id))
        for table in ("role_assumptions", "session_usage")
        for one in settings.accounts
        for n in range(DAYS_BEFORE + 1)
    ]
    return written is None or any(one is not None and one > written for one in inputs)


@pytest.fixture
def two(account: Account) -> Account:
    account.write_iam(iam(user("alice", allow("s3:*"))))
    account.configure(
        lookback_days=3,
        accounts=[
            {"name": f"demo-{id_}", "id": id_, "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
            for id_ in ACCOUNTS
        ],
    )
    return account


def _shuffle(lake: Lake, chance: random.Random, began: float) -> None:
    """Write some partitions, most of them after one another as a run does, with a few out of order or missing."""
    for table, day, account in product(CUT, DAYS, ACCOUNTS):
        path = lake.path(table, Partition(day, account))
        path.unlink(missing_ok=True)
        if chance.random() < 0.02:
            continue
        frame = pl.DataFrame(schema=dict(TABLES[table].schema))
        if table == "iam_snapshots":
            taken = datetime(2026, 6, 30, 6, tzinfo=UTC)
            taken -= timedelta(days=chance.choice([0, 0, 0, 0, 0, 2, 40]))
            frame = pl.DataFrame(
                {"taken_at": [taken]}, schema_overrides={"taken_at": frame.schema["taken_at"]}
            )
            frame = pl.concat([pl.DataFrame(schema=dict(TABLES[table].schema)), frame], how="diagonal")
        lake.write(table, frame, Partition(day, account))
        step = 100.0 * CUT.index(table) if chance.random() > 0.03 else chance.uniform(-2000, 4000)
        os.utime(path, (began + step, began + step))
    for table in FACT_TABLES:
        moment = began + chance.choice([-1000.0, -1000.0, 500.0])
        os.utime(lake.path(table), (moment, moment))


def test_many_days_are_judged_as_each_by_itself(two: Account) -> None:
    settings = load_settings(Path(two.config))
    lake = Lake(settings.root)
    seen = {name: [0, 0] for name in ("grants", "diffs", "sessions")}
    for seed in range(12):
        _shuffle(lake, random.Random(seed), time.time() + 1000)
        for account in settings.accounts:
            for name, many, one in (
                ("grants", stale_grants(lake, settings, account, DAYS), _handed_on),
                ("diffs", stale_diffs(lake, settings, account, DAYS), _diff),
                ("sessions", stale_sessions(lake, settings, account.id, DAYS), _sessions),
            ):
                assert many == [day for day in DAYS if one(lake, settings, account, day)], (seed, name)
                seen[name][0] += len(many)
                seen[name][1] += len(DAYS)
    # Both answers occur, of each.
    assert all(0.1 < stale / all_ < 0.95 for stale, all_ in seen.values()), seen


@dataclass(frozen=True)
class _Watched(Lake):
    scans: list[str] = field(default_factory=list, compare=False)
    looks: Counter[tuple[str, AnyPartition | None]] = field(default_factory=Counter, compare=False)

    def scan(self, table: str, partitions: Iterable[AnyPartition]) -> pl.LazyFrame:
        self.scans.append(table)
        return super().scan(table, partitions)

    def written_at(self, table: str, partition: AnyPartition | None = None) -> datetime | None:
        self.looks[table, partition] += 1
        return super().written_at(table, partition)


def test_each_input_is_looked_at_once(two: Account) -> None:
    settings = load_settings(Path(two.config))
    _shuffle(Lake(settings.root), random.Random(0), time.time() + 1000)
    lake = _Watched(settings.root)
    os.utime(lake.path("aws_actions"), (0, 0))
    for judge in (stale_grants, stale_diffs):
        judge(lake, settings, settings.accounts[0], DAYS)
        assert max(lake.looks.values()) == 1
        lake.looks.clear()
    stale_sessions(lake, settings, ACCOUNTS[0], DAYS)
    assert max(lake.looks.values()) == 1
    # Snapshots of all days: which there are and which each day has, in one reading.
    assert lake.scans == ["iam_snapshots"]
