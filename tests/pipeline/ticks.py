"""Ticks of the schedule and the sensors in a test instance: what they ask for is run in this process."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pipeline.definitions import build_definitions
from pipeline.requests import ASSET_JOB
from pipeline.settings import load_settings


@dataclass
class Ticking:
    """A configuration whose schedule and sensors tick by hand, with their cursors."""

    config: Path
    instance: dg.DagsterInstance
    checks: bool = True
    cursors: dict[str, str | None] = field(default_factory=dict)

    def daily(self) -> list[dg.RunRequest]:
        """Return what a tick of the schedule asks for, in the order of a queue."""
        schedule = self._repository().get_schedule_def("daily")
        at = datetime(2026, 7, 1, 5, 30, tzinfo=UTC)
        # Left open, its instance would stay the one of this process's other tests.
        with dg.build_schedule_context(self.instance, scheduled_execution_time=at) as context:
            return _in_order(schedule.evaluate_tick(context).run_requests)

    def sensor(self, name: str) -> list[dg.RunRequest]:
        """Return what a tick of a sensor asks for, in the order of a queue."""
        repository = self._repository()
        with dg.build_sensor_context(
            self.instance, cursor=self.cursors.get(name), repository_def=repository, sensor_name=name
        ) as context:
            tick = repository.get_sensor_def(name).evaluate_tick(context)
        self.cursors[name] = tick.cursor
        return _in_order(tick.run_requests)

    def execute(self, requests: Sequence[dg.RunRequest]) -> list[bool]:
        """Run what was asked for; return whether each run was a success."""
        job = self.job()
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        return [
            job.execute_in_process(
                instance=self.instance,
                asset_selection=request.asset_selection,
                tags=request.tags,
                run_config=quiet,
                raise_on_error=False,
            ).success
            for request in requests
        ]

    def until_quiet(self) -> int:
        """Let the sensors tick until they ask for nothing more; return how many runs there were."""
        runs = 0
        for _ in range(5):
            asked = [request for name in ("new_logs", "all_accounts") for request in self._ticked(name)]
            if not asked:
                return runs
            runs += len(asked)
        raise AssertionError("the sensors never come to rest")

    def job(self) -> dg.JobDefinition:
        """Return the job that the runs are of."""
        return self._repository().get_job(ASSET_JOB)

    def _ticked(self, name: str) -> list[dg.RunRequest]:
        requests = self.sensor(name)
        assert all(self.execute(requests))
        return requests

    def _repository(self) -> dg.RepositoryDefinition:
        # Read anew, as a run's own process does.
        return build_definitions(load_settings(self.config), checks=self.checks).get_repository_def()


def _in_order(requests: Sequence[dg.RunRequest] | None) -> list[dg.RunRequest]:
    return sorted(requests or [], key=lambda one: -int(one.tags["dagster/priority"]))
