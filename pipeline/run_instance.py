"""Dagster's instance for runs that this process carries out itself."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from sqlalchemy.exc import SQLAlchemyError

from assets.errors import UnwritableError
from assets.partitions import ACCOUNTS
from pipeline.account_partitions import register_accounts
from pipeline.event_log import EventLog
from pipeline.settings import Settings


@contextmanager
def run_instance(home: Path, settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Yield the instance below DAGSTER_HOME (`home`), the accounts of the configuration being registered with it.

    What a run says goes to whoever started this process. By default Dagster would, for each run, start two programs
    that copy it into files, where nothing is ever written.

    Raises `UnwritableError` where the instance cannot be opened.
    """
    with ExitStack() as held:
        try:
            instance = held.enter_context(dg.DagsterInstance.from_ref(_reference(home)))
            register_accounts(instance, settings)
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            # SQLAlchemy's own words hold the whole statement.
            reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
            raise UnwritableError(
                f"{home}: Dagster's history of runs cannot be opened: {reason}; mend it, move it away (the tables do"
                " not need it), or name another folder in DAGSTER_HOME"
            ) from None
        if isinstance(instance.event_log_storage, EventLog):
            instance.event_log_storage.expect(ACCOUNTS, [account.id for account in settings.accounts])
        yield instance


def _reference(home: Path) -> InstanceRef:
    ref = InstanceRef.from_dir(str(home))
    if ref.compute_logs_data != InstanceRef.config_defaults(str(home))["compute_logs"]:
        return ref
    silent = {"module": NoOpComputeLogManager.__module__, "class": NoOpComputeLogManager.__name__}
    return InstanceRef.from_dir(str(home), overrides={"compute_logs": silent})
