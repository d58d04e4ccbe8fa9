"""Dagster's instance for runs that this process carries out itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager

from assets.partitions import ACCOUNTS
from pipeline.account_partitions import register_accounts
from pipeline.event_log import EventLog
from pipeline.settings import Settings


@contextmanager
def run_instance(home: Path, settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Yield the instance below DAGSTER_HOME (`home`), the accounts of the configuration being registered with it.

    What a run says goes to whoever started this process. By default Dagster would, for each run, start two programs
    that copy it into files, where nothing is ever written.
    """
    ref = InstanceRef.from_dir(str(home))
    if ref.compute_logs_data == InstanceRef.config_defaults(str(home))["compute_logs"]:
        silent = {"module": NoOpComputeLogManager.__module__, "class": NoOpComputeLogManager.__name__}
        ref = InstanceRef.from_dir(str(home), overrides={"compute_logs": silent})
    with dg.DagsterInstance.from_ref(ref) as instance:
        register_accounts(instance, settings)
        if isinstance(instance.event_log_storage, EventLog):
            instance.event_log_storage.expect(ACCOUNTS, [account.id for account in settings.accounts])
        yield instance
