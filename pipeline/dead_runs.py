"""Runs whose process is gone, and that nobody heard of: the machine lost power, or everything was killed at once.

Dagster's launcher of processes cannot tell. Such a run would be under way for ever: neither the queue nor a sensor
would let another one of its account begin.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from pipeline.requests import ACCOUNT_TAG
from pipeline.turns import is_alive

STARTS_WITHIN = timedelta(minutes=10)
"""From its launch on, until a run shows that it is alive: its process imports Dagster and reads the configuration."""
_AT_WORK = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def end_dead_runs(instance: dg.DagsterInstance, root: Path) -> None:
    """Record as failed what keeps others of its account from running, and has no process any more."""
    for run in instance.get_runs(dg.RunsFilter(statuses=_AT_WORK)):
        if ACCOUNT_TAG in run.tags and not is_alive(root, run.run_id) and _is_silent(instance, run.run_id):
            instance.report_run_failed(run, "Its process is gone: killed, or the machine was.")


def _is_silent(instance: dg.DagsterInstance, run: str) -> bool:
    # By its events: the times of the record itself are the database's, in whatever time zone that is.
    newest = instance.get_records_for_run(run, limit=1, ascending=False).records
    return (
        bool(newest) and datetime.now(UTC).timestamp() - newest[0].timestamp > STARTS_WITHIN.total_seconds()
    )
