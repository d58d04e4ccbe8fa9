"""A small lake that keeps every promise, made once; each test poisons a copy."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from assets.partitions import AnyPartition, Partition, at_place
from assets.principal_diffs.coverage import Window
from assets.table_checks.rule import Suite
from pipeline.cli.bar import Bar
from pipeline.lake import Lake
from pipeline.plan import plan_range
from pipeline.runs import carry_out_all
from pipeline.settings import Settings, load_settings
from pipeline.tables import TABLES
from tests.build import ACCOUNT, allow, iam, log_file, record, role, user
from tests.conftest import Account

DAYS = [date(2026, 6, day) for day in range(25, 31)]
LAST = Partition(DAYS[-1], ACCOUNT)
_MISSING = {"PolicyName": "gone", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/gone"}
ALICE = user(
    "alice",
    allow("s3:*", "sqs:*"),
    {"Effect": "Deny", "Action": "sqs:Send*", "Resource": "arn:aws:sqs:*:*:q"},
)
ADMIN = role("admin", allow("iam:*"), AttachedManagedPolicies=[_MISSING])


@dataclass(frozen=True)
class Made:
    """A configuration whose tables are made."""

    settings: Settings

    @property
    def lake(self) -> Lake:
        """Its tables."""
        return Lake(self.settings.root)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory, facts: Path) -> Account:
    """Six days of a user and a role, a record that cannot be read and an event that maps to nothing each day."""
    account = Account(tmp_path_factory.mktemp("clean"))
    shutil.copytree(facts, account.root)
    account.configure()
    account.write_iam(iam(ALICE, ADMIN))
    for day in DAYS:
        calls = [record(ALICE, "s3:ListBuckets", f"{day}T{hour:02}:00:00Z") for hour in range(24)]
        asked = {"roleArn": ADMIN["Arn"], "roleSessionName": "session"}
        more = [
            record(ALICE, "sts:AssumeRole", f"{day}T09:00:00Z", requestParameters=asked),
            record(ADMIN, "iam:GetUser", f"{day}T10:00:00Z"),
            record(ALICE, "nosuch:DoIt", f"{day}T11:00:00Z"),
        ]
        if day == DAYS[-1]:
            more.append(record(ALICE, "s3:CreateBucket", f"{day}T09:30:00Z"))
        log_file(account.logs, [*calls, *more, {"eventTime": f"{day}T12:00:00Z", "eventID": 7}])
    settings = load_settings(account.config)
    lake = Lake(settings.root)
    with pytest.MonkeyPatch.context() as patch, Bar() as bar:
        patch.setenv("DAGSTER_HOME", str(tmp_path_factory.mktemp("dagster")))
        window = Window(DAYS[0], DAYS[-1])
        failed = carry_out_all(
            settings,
            settings.accounts,
            lambda one: plan_range(lake, one, window),
            bar,
            lambda _: window.days,
        )
    assert not failed
    for day in DAYS:
        lake.write("trail_settings", _trails(day), Partition(day, ACCOUNT))
    return account


def _trails(day: date) -> pl.DataFrame:
    """Return what the only table holds that needs a server to be made: it is made against one in other tests."""
    arn = f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/all"
    read_at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return pl.DataFrame(
        [(arn, "all", "eu-central-1", True, False, "logs", "", True, '{"EventSelectors":[]}', "", read_at)],
        schema=dict(TABLES["trail_settings"].schema),
        orient="row",
    )


def places(suite: Suite) -> list[AnyPartition]:
    """Return the partitions of a suite's table in that lake, in order; none where it has no partitions."""
    if not suite.partitioned:
        return []
    return sorted({at_place(suite.cut, day, ACCOUNT) for day in DAYS})


def last_place(suite: Suite) -> AnyPartition | None:
    """Return the partition that is poisoned, None for a table without partitions."""
    return places(suite)[-1] if suite.partitioned else None


def copied(clean: Account, folder: Path) -> Made:
    """Return a copy of a made account in that folder."""
    shutil.copytree(clean.folder, folder)
    return Made(load_settings(folder / "config.yaml"))


@pytest.fixture
def made(clean: Account, tmp_path: Path) -> Iterator[Made]:
    """A copy of that lake, to be poisoned."""
    before = Path.cwd()
    made = copied(clean, tmp_path / "poisoned")
    os.chdir(made.settings.folder)
    yield made
    os.chdir(before)
