from pathlib import Path

import dagster as dg
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager

from pipeline.account_partitions import registered_accounts
from pipeline.dagster_home import dagster_home
from pipeline.event_log import EventLog
from pipeline.run_instance import run_instance
from pipeline.settings import load_settings
from tests.conftest import Account


@dg.job
def nothing() -> None:
    """Does nothing."""


def test_its_runs_are_where_those_of_others_are(account: Account) -> None:
    home, settings = dagster_home(), load_settings(account.config)
    with run_instance(home, settings) as instance:
        assert isinstance(instance.compute_log_manager, NoOpComputeLogManager)
        assert isinstance(instance.event_log_storage, EventLog)
        run = nothing.execute_in_process(instance=instance).run_id
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.compute_log_manager, LocalComputeLogManager)
        assert [run.run_id for run in instance.get_runs()] == [run]
        assert list(registered_accounts(instance)) == [one.id for one in settings.accounts]


def test_what_somebody_configured_stays(account: Account, tmp_path: Path) -> None:
    home = dagster_home()
    local = LocalComputeLogManager.__module__
    with (home / "dagster.yaml").open("a") as file:
        file.write(f"compute_logs:\n  module: {local}\n  class: LocalComputeLogManager\n")
        file.write(f"  config: {{base_dir: {tmp_path / 'said'}}}\n")
    with run_instance(home, load_settings(account.config)) as instance:
        assert isinstance(instance.compute_log_manager, LocalComputeLogManager)
