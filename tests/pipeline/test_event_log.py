"""The event log is Dagster's own in other clothes: what one writes the other reads, and they write the same."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from pipeline import event_log
from pipeline.dagster_home import dagster_home
from pipeline.event_log import EventLog

PLANNED = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
DEFAULT = "telemetry: {enabled: false}\n"
DAYS = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-03-01")
CUT = dg.MultiPartitionsDefinition({"day": DAYS, "account": dg.DynamicPartitionsDefinition(name="accounts")})


@dg.multi_asset(
    outs={name: dg.AssetOut(dagster_type=dg.Nothing) for name in ("left", "right")},
    partitions_def=CUT,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def both(context: dg.AssetExecutionContext) -> Iterator[dg.Output[None]]:
    for name in ("left", "right"):
        # Of two only: Dagster asks the database for the account each time.
        for key in context.partition_keys[:2]:
            context.add_asset_metadata({"rows": len(key)}, asset_key=name, partition_key=key)
        yield dg.Output(None, name)


@dg.asset_check(asset="left", blocking=True)
def whole() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


def _instance(home: Path, monkeypatch: pytest.MonkeyPatch, text: str | None) -> dg.DagsterInstance:
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    dagster_home()
    if text is not None:
        (home / "dagster.yaml").write_text(text)
    instance = dg.DagsterInstance.get()
    instance.add_dynamic_partitions("accounts", ["111111111111", "222222222222"])
    return instance


def _run(instance: dg.DagsterInstance, first: str, last: str) -> str:
    job = dg.Definitions(assets=[both], asset_checks=[whole]).resolve_implicit_global_asset_job_def()
    tags = {
        "dagster/asset_partition_range_start": f"111111111111|{first}",
        "dagster/asset_partition_range_end": f"111111111111|{last}",
    }
    return job.execute_in_process(instance=instance, tags=tags).run_id


def _said(base: Path, run: str) -> dict[str, list[tuple[Any, ...]]]:
    """What the files hold, without times and the run's id."""
    events = (
        "select dagster_event_type, step_key, asset_key, partition,"
        # Those of steps and runs hold times and process ids.
        " iif(asset_key is null, '', json_extract(event, '$.dagster_event.message')),"
        " json_extract(event, '$.dagster_event.event_specific_data.materialization.metadata_entries'), id"
        " from event_logs"
    )
    asked = {
        "schema": "select type, name, tbl_name, sql from sqlite_master order by 2",
        "version": "select version_num from alembic_version",
        "events": f"{events} order by id",
        "assets": "select a.asset_key, a.last_run_id = ?, e.dagster_event_type, e.partition,"
        " json_extract(a.last_materialization, '$.storage_id') = e.id from asset_keys a left join event_logs e on"
        " e.id = (select max(id) from event_logs where asset_key = a.asset_key) order by 1",
        "tags": "select t.asset_key, t.key, iif(t.key = 'dagster/data_version', '', t.value), e.partition"
        " from asset_event_tags t join event_logs e on e.id = t.event_id order by t.event_id, t.key",
        "checks": "select asset_key, check_name, execution_status, partition from asset_check_executions",
    }
    found = {}
    for shard in ("index", run):
        with sqlite3.connect(base / f"{shard}.db") as database:
            for name, sql in asked.items():
                words = (run,) if "?" in sql else ()
                found[f"{name} of {shard if shard == 'index' else 'the run'}"] = database.execute(
                    sql, words
                ).fetchall()
            mode = database.execute("pragma journal_mode").fetchall()
            found[f"mode of {shard if shard == 'index' else 'the run'}"] = mode
        database.close()
    return found


def test_it_stores_what_the_default_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {}
    for name, text in {"default": DEFAULT, "ours": None}.items():
        monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
        with _instance(tmp_path / name, monkeypatch, text) as instance:
            assert isinstance(instance.event_log_storage, EventLog) == (name == "ours")
            # The second run replaces what the first one said of each asset.
            _run(instance, "2026-01-01", "2026-01-03")
            run = _run(instance, "2026-01-02", "2026-02-09")
        stored[name] = _said(tmp_path / name / "history" / "runs", run)
    assert len(stored["ours"]["events of index"]) == 2 * 2 * (3 + 39) + 2 * 4
    assert len(stored["ours"]["tags of index"]) == 3 * 2 * (3 + 39)
    assert stored["ours"] == stored["default"]


def test_more_partitions_are_no_more_transactions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits: list[int] = []

    def count(_: object) -> None:
        commits[-1] += 1

    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
    # As in a process that has made none.
    monkeypatch.setattr(event_log, "_EMPTY", [])
    with _instance(tmp_path / "home", monkeypatch, None) as instance:
        event.listen(Engine, "commit", count)
        try:
            for last in ("2026-01-02", "2026-01-03", "2026-02-28"):
                commits.append(0)
                _run(instance, "2026-01-01", last)
        finally:
            event.remove(Engine, "commit", count)
    # The first run finds the tables.
    assert commits[2] == commits[1] > 0


def test_the_files_of_more_runs_are_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    created: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if statement.lstrip().startswith("CREATE"):
            created.append(statement)

    # As in a process that has made none.
    monkeypatch.setattr(event_log, "_EMPTY", [])
    with _instance(tmp_path / "home", monkeypatch, None) as instance:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            first = _run(instance, "2026-01-01", "2026-01-01")
            assert created
            created.clear()
            second = _run(instance, "2026-01-01", "2026-01-01")
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        assert created == []
        # Each holds its own events, and nothing is left beside them.
        assert all({one.run_id for one in instance.all_logs(run)} == {run} for run in (first, second))
    runs = tmp_path / "home" / "history" / "runs"
    assert {one.name.partition(".")[0] for one in runs.iterdir()} == {first, second, "index"}


def test_a_file_that_is_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _instance(tmp_path / "home", monkeypatch, None) as instance:
        run = _run(instance, "2026-01-01", "2026-01-01")
        stored = len(instance.all_logs(run))
        log = instance.event_log_storage
        assert isinstance(log, EventLog)
        # As where another process makes the file between the look and the copy.
        log._begin(Path(log.path_for_shard(run)))
        assert len(instance.all_logs(run)) == stored > 0


def test_processes_of_the_same_id_begin_a_file_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _instance(tmp_path / "home", monkeypatch, None) as instance:
        log = instance.event_log_storage
        assert isinstance(log, EventLog)
        path, whole, sync = Path(log.path_for_shard("run")), log._empty, os.fsync

        def meanwhile(handle: int) -> None:
            # The file is written and not in its place yet.
            monkeypatch.setattr(os, "fsync", sync)
            log._begin(path)
            sync(handle)

        # As in two containers that share DAGSTER_HOME.
        monkeypatch.setattr(os, "getpid", lambda: 7)
        monkeypatch.setattr(os, "fsync", meanwhile)
        log._begin(path)
        assert path.read_bytes() == whole
        assert not list(path.parent.glob(".*.tmp"))


def test_files_of_runs_that_have_ended_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _instance(tmp_path / "home", monkeypatch, None) as instance:
        runs = [_run(instance, "2026-01-01", "2026-01-01") for _ in range(12)]
        opened = {str(one.resolve()) for one in Path("/proc/self/fd").iterdir()}
        held = {Path(one).name.partition(".")[0] for one in opened if str(tmp_path) in one and ".db" in one}
        assert len(held & set(runs)) < 8
        # What was let go is opened again.
        assert {len(instance.all_logs(run)) for run in runs} == {len(instance.all_logs(runs[0]))}


def test_a_batch_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _instance(tmp_path / "home", monkeypatch, None) as instance:
        run = _run(instance, "2026-01-01", "2026-01-03")
        planned = [one for one in instance.all_logs(run) if one.dagster_event_type is PLANNED]
        assert len(planned) == 2 * 3
        base = tmp_path / "home" / "history" / "runs"
        before = _said(base, run)
        with sqlite3.connect(base / "index.db") as index:
            last = "new.partition = '111111111111|2026-01-03'"
            index.execute(
                f"create trigger full after insert on event_logs when {last} begin select raise(abort, 'full'); end"
            )
        index.close()
        with pytest.raises(IntegrityError):
            instance.event_log_storage.store_event_batch(planned)
        after = _said(base, run)
        # Neither in the index nor in the run: Dagster stores them one by one then, and each is there once.
        assert {name: rows for name, rows in after.items() if not name.startswith("schema")} == {
            name: rows for name, rows in before.items() if not name.startswith("schema")
        }


def test_what_it_writes_dagster_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = dagster_home()
    monkeypatch.setenv("DAGSTER_HOME", str(home))

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
    def table() -> None: ...

    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        assert dg.materialize([table], partition_key="b", instance=instance).success
        assert instance.get_materialized_partitions(table.key) == {"b"}
    (home / "dagster.yaml").write_text(DEFAULT)
    with dg.DagsterInstance.get() as instance:
        assert not isinstance(instance.event_log_storage, EventLog)
        assert instance.get_materialized_partitions(table.key) == {"b"}
        assert dg.materialize([table], partition_key="a", instance=instance).success
        assert instance.get_materialized_partitions(table.key) == {"a", "b"}


def test_expected_partitions_are_not_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _instance(tmp_path / "home", monkeypatch, None) as instance:
        log = instance.event_log_storage
        assert isinstance(log, EventLog)
        asked: list[str] = []

        @event.listens_for(Engine, "before_cursor_execute")
        def noted(_one: Any, _two: Any, statement: str, *_rest: Any) -> None:
            if "dynamic_partitions" in statement:
                asked.append(statement)

        try:
            log.expect("accounts", ["111111111111"])
            assert log.has_dynamic_partition("accounts", "111111111111") and not asked
            assert log.has_dynamic_partition("accounts", "222222222222") and len(asked) == 1
            assert not log.has_dynamic_partition("accounts", "333333333333")
            assert not log.has_dynamic_partition("others", "111111111111")
        finally:
            event.remove(Engine, "before_cursor_execute", noted)
