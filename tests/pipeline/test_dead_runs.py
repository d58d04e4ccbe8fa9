"""Runs whose process is gone keep no account from being worked on."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipeline import dead_runs
from pipeline.requests import ACCOUNT_TAG
from pipeline.turns import alive
from tests.build import allow, iam, record, user
from tests.conftest import Account
from tests.pipeline.ticks import Ticking

DEMO = "111111111111"
ALICE = user("alice", allow("s3:*"))


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
def test_what_was_killed_is_asked_for_again(
    account: Account, status: dg.DagsterRunStatus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "s3:ListBuckets", "2026-06-30T10:00:00Z"))
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        ticking = Ticking(account.config, instance, checks=False)
        tags = {ACCOUNT_TAG: DEMO}
        run = instance.create_run_for_job(ticking.job(), tags=tags, status=status)
        instance.report_engine_event("launched", run)
        killed = run.run_id
        # It may not have come so far yet that it shows that it is alive.
        assert ticking.sensor("new_logs") == ticking.daily() == []
        monkeypatch.setattr(dead_runs, "STARTS_WITHIN", timedelta(0))
        with alive(account.root, killed):
            assert ticking.sensor("new_logs") == ticking.daily() == []
        (account.root / ".turns" / f"run-{killed}").touch()
        assert ticking.sensor("new_logs")
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.FAILURE]


def test_what_somebody_else_runs_is_left_alone(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_runs, "STARTS_WITHIN", timedelta(0))
    with dg.DagsterInstance.ephemeral() as instance:
        job = Ticking(account.config, instance, checks=False).job()
        # As `cloudtracker run` does.
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        instance.report_engine_event("began", run)
        dead_runs.end_dead_runs(instance, account.root)
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.STARTED]
