"""Runs through Dagster: the same bytes again, and what a run says."""

import re
from pathlib import Path

import pytest

from tests.conftest import Account, Ask
from tests.pipeline.many_days import DAYS, FILES, RUN, hashes, write


@pytest.fixture
def demo(account: Account) -> Account:
    return write(account)


def test_the_same_run_twice_gives_the_same_bytes(demo: Account, ask: Ask) -> None:
    assert ask(*RUN).code == 0
    first = hashes(demo)
    assert len(first) == FILES
    assert ask(*RUN).code == 0
    assert hashes(demo) == first


@pytest.mark.parametrize(
    "table", [pytest.param("session_usage", marks=pytest.mark.long), "organization_trends"]
)
def test_a_day_that_was_made_before_a_table_existed_is_made_again(
    demo: Account, ask: Ask, table: str
) -> None:
    assert ask(*RUN).code == 0
    first = hashes(demo)
    (lost,) = [demo.root / name for name in first if name.startswith(f"{table}/day=2026-06-28")]
    lost.unlink()
    assert ask(*RUN, "--missing-only").code == 0
    assert hashes(demo) == first


@pytest.mark.long
def test_the_number_of_processes_does_not_show(demo: Account, ask: Ask) -> None:
    ask(*RUN)
    first = hashes(demo)
    demo.configure(workers=3)
    ask(*RUN)
    assert hashes(demo) == first


def test_a_range_of_an_account_is_one_run_and_its_sessions_another(
    demo: Account, ask: Ask, dagster_home: Path
) -> None:
    import dagster as dg

    assert ask(*RUN).code == 0
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs()
        # From the logs to the verdicts, the trends, the history, the page, the sessions, and the organisation.
        assert len(runs) == 6
        made = instance.get_materialized_partitions(dg.AssetKey("principal_diffs"))
        assert made == {f"111111111111|{day}" for day in DAYS}
        told = instance.fetch_materializations(dg.AssetKey("cloudtrail_usage"), limit=100).records
    # Newest first: each day says its rows and its place, the newest one what the columns are and come from.
    assert sorted(one.partition_key or "" for one in told) == [f"111111111111|{day}" for day in DAYS]
    said = [one.asset_materialization.metadata for one in told if one.asset_materialization]
    assert [one["dagster/row_count"].value for one in said] == [2] * len(DAYS)
    assert {str(one["path"].value) for one in said} == {
        str(demo.root / f"cloudtrail_usage/day={day}/account=111111111111/part-0.parquet") for day in DAYS
    }
    described = ["dagster/column_schema", "dagster/column_lineage"]
    assert [sorted(set(described).intersection(one)) for one in said] == [
        sorted(described),
        *[[]] * (len(DAYS) - 1),
    ]


def test_the_summary_says_where_every_record_went(demo: Account, ask: Ask) -> None:
    said = ask(*RUN).out
    assert "182 records in 7 files: 175 permission events, 0 other events, 7 duplicates, 0 rejected" in said
    assert str(demo.root) in said


def test_where_there_is_no_terminal_each_run_says_that_it_begins(demo: Account, ask: Ask) -> None:
    told = ask(*RUN).err.splitlines()
    stamp = r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ "
    assert all(re.match(stamp, line) for line in told)
    said = [re.sub(stamp, "", line) for line in told]
    assert said[:2] == [
        f"demo, {DAYS[0]} to {DAYS[-1]}: cloudtrail_usage to principal_diffs",
        f"demo, {DAYS[0]} to {DAYS[-1]}: permission_trends to permission_changes",
    ]
    assert said[-1] == f"all accounts, {DAYS[0]} to {DAYS[-1]}: organization_trends"
    assert ask(*RUN, "--missing-only").err == ""


def test_only_what_is_missing_is_made_where_that_is_asked_for(demo: Account, ask: Ask) -> None:
    ask(*RUN)
    before = {path: path.stat().st_mtime_ns for path in demo.root.rglob("*.parquet")}
    assert ask(*RUN, "--missing-only").code == 0
    assert {path: path.stat().st_mtime_ns for path in demo.root.rglob("*.parquet")} == before


def test_one_account_that_fails_does_not_stop_the_others(demo: Account, ask: Ask) -> None:
    good = {"name": "demo", "id": "111111111111", "iam": "iam.json", "taken_at": "2026-06-30T06:00:00Z"}
    bad = {"name": "bad", "id": "222222222222", "iam": "nowhere.json", "taken_at": "2026-06-30T06:00:00Z"}
    demo.configure(accounts=[bad, good])
    answer = ask("run", "--account", "all", "--from", DAYS[-1], "--to", DAYS[-1])
    assert answer.code == 5
    assert "account bad: nowhere.json: there is no such file" in answer.err
    assert "demo (111111111111)" in answer.out
