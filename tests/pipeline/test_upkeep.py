"""The schedule and the sensors, on the sample: what a tick asks for, and what the runs made of it."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.partitions import ACCOUNTS
from pipeline.data_files import DATA_FILES
from pipeline.requests import ACCOUNT_TAG
from pipeline.tables import TABLES
from tests.build import allow, iam, log_file, record, user
from tests.conftest import Account
from tests.pipeline.ticks import Ticking

pytestmark = pytest.mark.long


SAMPLE = DATA_FILES / "sample"
DEMO, BACKUP = "111111111111", "222222222222"
# The sample's today is 2026-06-30; late_days is 1, and two more days are made up for.
RECENT = ["2026-06-27", "2026-06-28", "2026-06-29", "2026-06-30"]
LIVE_ONLY = "trail_settings"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    home = tmp_path / "instance"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as made:
        yield made


@pytest.fixture
def sample(tmp_path: Path, facts: Path, instance: dg.DagsterInstance) -> Ticking:
    folder = tmp_path / "sample"
    shutil.copytree(SAMPLE, folder)
    text = (folder / "config.yaml").read_text().replace("../../cloudtracker-data/sample", "./lake")
    (folder / "config.yaml").write_text(text)
    shutil.copytree(facts, folder / "lake")
    return Ticking(folder / "config.yaml", instance, checks=False)


def _files(root: Path) -> dict[str, tuple[int, str]]:
    """Return when each partition was written, and a hash of it, by table and folders."""
    return {
        str(path.parent.relative_to(root)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted([*root.rglob("*.parquet"), *root.rglob("*.html")])
        if ".staging" not in path.parts
    }


def _expected(table: str, days: list[str], accounts: tuple[str, ...] = (DEMO,)) -> set[str]:
    return {f"{table}/day={day}/account={account}" for day in days for account in accounts}


def test_a_tick_makes_all_tables_and_a_late_file_what_depends_on_it(sample: Ticking) -> None:
    lake = sample.config.parent / "lake"
    asked = sample.daily()
    assert sample.instance.get_dynamic_partitions(ACCOUNTS) == [DEMO, BACKUP]
    assert {request.tags["cloudtracker/account"] for request in asked} == {DEMO, BACKUP}
    assert len({request.run_key for request in asked}) == len(asked)
    assert all(sample.execute(asked))
    shared = sample.sensor("all_accounts")
    assert all(sample.execute(shared))

    made = _files(lake)
    for name, table in TABLES.items():
        if name == LIVE_ONLY or not table.partitioned:
            continue
        for folders in {"/".join(folder.split("/")[1:]) for folder in made if folder.startswith("iam_snap")}:
            cut = table.cut.__dataclass_fields__
            wanted = [part for part in folders.split("/") if part.partition("=")[0] in cut]
            assert "/".join([name, *wanted]) in made, name
    assert _expected("cloudtrail_usage", RECENT, (DEMO, BACKUP)) <= set(made)

    # Nothing is left to do: neither for the sensors nor for another tick.
    assert sample.sensor("new_logs") == []
    assert sample.sensor("all_accounts") == []
    assert sample.daily() == []

    alice = user("alice")
    log_file(sample.config.parent / "logs", [record(alice, "ec2:DescribeVolumes", "2026-06-29T11:00:00Z")])
    asked = sample.sensor("new_logs")
    assert {request.tags["cloudtracker/account"] for request in asked} == {DEMO}
    assert all(sample.execute(asked))
    assert sample.sensor("new_logs") == []
    assert all(sample.execute(sample.sensor("all_accounts")))
    assert sample.sensor("all_accounts") == []

    after = _files(lake)
    assert set(after) == set(made)
    remade = {folder for folder in after if after[folder][0] != made[folder][0]}
    # The day before reads the folder of this day, too: what of it was delivered after midnight.
    read, following = RECENT[1:3], RECENT[1:]
    expected = {f"organization_trends/day={day}" for day in following}
    for table in (
        "cloudtrail_usage",
        "role_assumptions",
        "session_usage",
        "rejected_records",
        "log_coverage",
    ):
        expected |= _expected(table, read)
    expected |= _expected("unmapped_events", read)
    for table in ("principal_diffs", "permission_trends", "account_trends", "permission_changes"):
        expected |= _expected(table, following)
    expected |= {f"{table}/account={DEMO}" for table in ("permission_history", "permission_history_days")}
    expected |= _expected("trend_report", RECENT[-1:])
    expected |= _expected("role_sessions", following, (DEMO, BACKUP))
    assert remade == expected
    changed = {folder for folder in after if after[folder][1] != made[folder][1]}
    assert _expected("cloudtrail_usage", ["2026-06-29"]) <= changed
    assert not _expected("cloudtrail_usage", ["2026-06-28"]) & changed


ALICE = user("alice", allow("s3:*"))
SECOND = {"name": "second", "id": BACKUP, "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
FIRST = {"name": "demo", "id": DEMO, "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}


@pytest.fixture
def small(account: Account, instance: dg.DagsterInstance) -> Ticking:
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "s3:ListBuckets", "2026-06-30T10:00:00Z"))
    return Ticking(account.config, instance, checks=False)


def test_an_account_added_to_the_configuration_gets_its_partitions(small: Ticking, account: Account) -> None:
    assert small.sensor("new_logs")
    assert small.instance.get_dynamic_partitions(ACCOUNTS) == [DEMO]
    account.configure(accounts=[FIRST, SECOND])
    asked = small.sensor("new_logs")
    assert small.instance.get_dynamic_partitions(ACCOUNTS) == [DEMO, BACKUP]
    assert {f"{BACKUP}|2026-06-30"} <= {
        request.tags.get("dagster/asset_partition_range_end") for request in asked
    }


def test_what_is_under_way_is_not_asked_for_again(small: Ticking) -> None:
    asked = small.sensor("new_logs")
    assert asked
    job = small.job()
    small.instance.create_run_for_job(job, tags={ACCOUNT_TAG: DEMO}, status=dg.DagsterRunStatus.STARTED)
    assert small.sensor("new_logs") == []
    assert small.daily() == []
    assert small.sensor("all_accounts") == []


def test_what_failed_is_not_tried_again_at_every_tick(small: Ticking, account: Account) -> None:
    account.configure(accounts=[{**FIRST, "iam": "nowhere.json"}])
    assert not all(small.execute(small.sensor("new_logs")))
    # The usage was made before the run failed: once more for what is left of it, and then no more.
    assert not all(small.execute(small.sensor("new_logs")))
    assert small.sensor("new_logs") == []
    # What is new is tried at once.
    account.configure(accounts=[FIRST])
    account.log(record(ALICE, "s3:ListBuckets", "2026-06-29T10:00:00Z"))
    assert all(small.execute(small.sensor("new_logs")))
    assert small.until_quiet() > 0


def test_the_action_lists_come_before_the_accounts(small: Ticking, account: Account) -> None:
    (account.root / "aws_actions" / "part-0.parquet").unlink()
    asked = small.daily()
    assert [[key.to_user_string() for key in request.asset_selection] for request in asked] == [
        ["aws_actions", "iam_actions"]
    ]
    assert all(small.execute(asked))
    assert {request.tags["cloudtracker/account"] for request in small.daily()} == {DEMO}
