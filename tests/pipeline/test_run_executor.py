"""Runs that Dagster starts: an interrupt ends them and no table that it may have disturbed takes its place; turns."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from dagster._utils.interrupts import _received_interrupt, capture_interrupts

from pipeline.definitions import build_definitions
from pipeline.replacing import replaced
from pipeline.settings import load_settings
from pipeline.storage import _BEGAN
from pipeline.turns import turn
from tests.conftest import Account

SUCCESS = 'Finished execution of run for "__ASSET_JOB".'


@pytest.fixture
def handlers() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def _run(account: Account, table: dg.AssetsDefinition, *, interrupted: bool = False) -> str:
    """Run an asset with the configuration's executor, as Dagster's own processes do; return what became of it."""
    executor = build_definitions(load_settings(account.config)).executor
    job = dg.Definitions([table], executor=executor).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(job)
        with capture_interrupts():
            _received_interrupt["received"] = interrupted
            try:
                execute_run(InMemoryJob(job), run, instance)
            except KeyboardInterrupt:
                raise AssertionError("Dagster's own error is expected") from None
            except dg.DagsterExecutionInterruptedError:
                pass
        events = (one.dagster_event for one in instance.all_logs(run.run_id))
        return next(one.message or "" for one in events if one and (one.is_job_failure or one.is_job_success))


class _Ending:
    """An error that is raised while it goes is swallowed, as Polars swallows some."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        # Python handles the signal here.
        self.gone = True


@pytest.mark.usefixtures("handlers")
def test_what_a_swallowed_signal_may_have_disturbed_is_not_put_into_its_place(
    account: Account, tmp_path: Path
) -> None:
    path = tmp_path / "table"
    path.write_text("old")

    @dg.asset
    def table() -> None:
        _Ending()
        with replaced(path) as temporary:
            temporary.write_text("new")

    assert "interrupted" in _run(account, table)
    assert path.read_text() == "old"


@pytest.mark.usefixtures("handlers")
def test_a_run_whose_signal_was_swallowed_in_its_last_step_is_no_success(account: Account) -> None:
    @dg.asset
    def table() -> None:
        _Ending()

    assert "interrupted" in _run(account, table)


@pytest.mark.usefixtures("handlers")
def test_a_signal_before_the_first_step_is_not_forgotten(account: Account) -> None:
    made: list[int] = []

    @dg.asset
    def table() -> None:
        made.append(1)

    assert "interrupted" in _run(account, table, interrupted=True)
    assert made == []


@pytest.mark.usefixtures("handlers")
def test_a_run_waits_for_another_of_its_account_and_its_files_are_of_then(account: Account) -> None:
    began: list[datetime] = []

    @dg.asset
    def table(context: dg.AssetExecutionContext) -> None:
        began.append(_BEGAN[context.run.run_id])

    with ExitStack() as other:
        other.enter_context(turn(account.root, "111111111111"))
        ended = datetime.now(UTC) + timedelta(seconds=1)
        threading.Timer(1, other.pop_all().close).start()
        assert _run(account, table) == SUCCESS
    assert began[0] >= ended


@pytest.mark.usefixtures("handlers")
def test_a_run_that_waits_can_be_stopped(account: Account) -> None:
    made: list[int] = []

    @dg.asset
    def table() -> None:
        made.append(1)

    with turn(account.root, None):
        threading.Timer(2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        assert "interrupted" in _run(account, table)
    assert made == []
