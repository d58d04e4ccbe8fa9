"""Runs that Dagster starts: an interrupt ends them, and no table is put into its place that it may have disturbed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from dagster._utils.interrupts import _received_interrupt, capture_interrupts

from pipeline.definitions import build_definitions
from pipeline.replacing import replaced
from pipeline.settings import load_settings
from tests.conftest import Account


@pytest.fixture
def handlers() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def _run(account: Account, table: dg.AssetsDefinition, *, interrupted: bool = False) -> dg.DagsterRunStatus:
    """Run an asset with the executor of the configuration's definitions, as Dagster's own processes do."""
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
        (record,) = instance.get_run_records()
        return record.dagster_run.status


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

    assert _run(account, table) is dg.DagsterRunStatus.FAILURE
    assert path.read_text() == "old"


@pytest.mark.usefixtures("handlers")
def test_a_run_whose_signal_was_swallowed_in_its_last_step_is_no_success(account: Account) -> None:
    @dg.asset
    def table() -> None:
        _Ending()

    assert _run(account, table) is dg.DagsterRunStatus.FAILURE


@pytest.mark.usefixtures("handlers")
def test_a_signal_before_the_first_step_is_not_forgotten(account: Account) -> None:
    made: list[int] = []

    @dg.asset
    def table() -> None:
        made.append(1)

    assert _run(account, table, interrupted=True) is dg.DagsterRunStatus.FAILURE
    assert made == []
