"""A changed fact file changes the mapping: verdicts are made anew from the stored usage, no log is read again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assets.aws_actions.event_mapping import EventMapping
from assets.aws_actions.facts import FACT_FILES
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from tests.build import allow, iam, record, user
from tests.conftest import CHECKOUT, Account

ALICE = user("alice", allow("iam:GetUser", "iam:ListUsers"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the packages and the fact files, whose fact files may be changed."""
    folder = tmp_path / "checkout"
    for name in ("pipeline", "assets"):
        # With what is compiled: each answer would compile all of it again.
        shutil.copytree(CHECKOUT / name, folder / name)
    shutil.copytree(DATA_FILES, folder / "data_files", ignore=shutil.ignore_patterns("sample"))
    return folder


def _change(facts: Path) -> None:
    rows = (facts / "data_events.csv").read_text(encoding="utf-8").splitlines()
    changed = [rows[0], *sorted([*rows[1:], "iam,GetUser,data,,test"])]
    (facts / "data_events.csv").write_text("\n".join(changed) + "\n", encoding="utf-8")


def _rows(account: Account, checkout: Path) -> dict[str, dict[str, str]]:
    words = ["--account", "demo", "--user", "alice", "--format", "json"]
    program = (
        f"import sys; sys.path.insert(0, {str(checkout)!r});"
        f"sys.argv = ['cloudtracker', *{words!r}]; from pipeline.cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=account.folder, capture_output=True, text=True, check=True
    )
    return {row["action"]: row for row in json.loads(done.stdout)}


def test_every_file_that_decides_the_mapping_is_in_its_version(facts: Path, tmp_path: Path) -> None:
    tables = Lake(facts).read("aws_actions"), Lake(facts).read("iam_actions")
    version = EventMapping.from_frames(*tables, DATA_FILES).version
    for name in FACT_FILES:
        copied = tmp_path / name.removesuffix(".csv")
        shutil.copytree(DATA_FILES, copied, ignore=shutil.ignore_patterns("sample"))
        assert EventMapping.from_frames(*tables, copied).version == version
        rows = (copied / name).read_text(encoding="utf-8").splitlines()
        (copied / name).write_text("\n".join(rows[:-1]) + "\n", encoding="utf-8")
        assert EventMapping.from_frames(*tables, copied).version != version, name


def test_a_changed_fact_makes_the_diff_anew_and_reads_no_log(account: Account, checkout: Path) -> None:
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "iam:ListUsers", "2026-06-28T10:00:00Z"))
    before = _rows(account, checkout)
    assert before["iam:GetUser"]["reason"] == "never_called"
    usage = {path: path.stat().st_mtime_ns for path in account.root.glob("cloudtrail_usage/**/*.parquet")}
    coverage = {path: path.stat().st_mtime_ns for path in account.root.glob("log_coverage/**/*.parquet")}
    assert len(usage) == len(coverage) == 5
    _change(checkout / "data_files")
    after = _rows(account, checkout)
    assert after["iam:GetUser"]["reason"] == "selectors_unknown"
    assert after["iam:ListUsers"]["reason"] == before["iam:ListUsers"]["reason"] == "called"
    versions = (
        {row["mapping_version"] for row in before.values()},
        {row["mapping_version"] for row in after.values()},
    )
    assert [len(found) for found in versions] == [1, 1]
    assert versions[0] != versions[1]
    for path, written in {**usage, **coverage}.items():
        assert path.stat().st_mtime_ns == written
