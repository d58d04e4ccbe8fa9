"""The executor of runs that Dagster starts: one process, interrupted as `cloudtracker run` is, when it is its turn."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
from dagster._core.definitions.executor_definition import (
    IN_PROC_CONFIG,
    _core_in_process_executor_creation,
)
from dagster._core.errors import raise_execution_interrupts
from dagster._core.events import DagsterEvent, EngineEventData
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.executor.in_process import InProcessExecutor
from dagster._core.executor.init import InitExecutorContext

from pipeline import interrupts
from pipeline.requests import account_of
from pipeline.run_interrupts import interruptible
from pipeline.storage import begins_now
from pipeline.turns import alive, turn


class _OneByOneExecutor(InProcessExecutor):
    root: Path

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[DagsterEvent]:
        run = plan_context.dagster_run
        account = account_of(run)
        with interruptible(), alive(self.root, run.run_id):
            whose = f"account {account}" if account else "any account"
            told = f"Waits while another run makes tables of {whose}"
            yield DagsterEvent.engine_event(plan_context, told, EngineEventData())
            with ExitStack() as held:
                with raise_execution_interrupts():
                    held.enter_context(turn(self.root, account))
                # What it reads is as it is from now on, not as it was when the run was queued.
                begins_now(run.run_id)
                yield from super().execute(plan_context, execution_plan)
                # What was swallowed in the last step: it must not end as a success.
                interrupts.checkpoint()


def build_executor(root: Path) -> dg.ExecutorDefinition:
    """Return what Dagster's own `in_process` is, which would raise an interrupt wherever Polars happens to be.

    Below `root` lie the tables: runs that make those of one account follow one another.
    """

    @dg.executor(name="in_process", config_schema=IN_PROC_CONFIG)
    def one_by_one(context: InitExecutorContext) -> InProcessExecutor:
        theirs = _core_in_process_executor_creation(context.executor_config)
        made = _OneByOneExecutor(theirs.retries, theirs.step_dependency_config)
        made.root = root
        return made

    return one_by_one
