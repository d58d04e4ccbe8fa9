"""The executor of runs that Dagster starts: all steps in one process, interrupted as `cloudtracker run` is."""

from collections.abc import Iterator

import dagster as dg
from dagster._core.definitions.executor_definition import (
    IN_PROC_CONFIG,
    _core_in_process_executor_creation,
)
from dagster._core.events import DagsterEvent
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.executor.in_process import InProcessExecutor
from dagster._core.executor.init import InitExecutorContext

from pipeline import interrupts
from pipeline.run_interrupts import interruptible


class _InterruptibleExecutor(InProcessExecutor):
    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[DagsterEvent]:
        with interruptible():
            yield from super().execute(plan_context, execution_plan)
            # What was swallowed in the last step: it must not end as a success.
            interrupts.checkpoint()


@dg.executor(name="in_process", config_schema=IN_PROC_CONFIG)
def interruptible_executor(context: InitExecutorContext) -> InProcessExecutor:
    """Return what Dagster's own `in_process` is, which would raise an interrupt wherever Polars happens to be."""
    theirs = _core_in_process_executor_creation(context.executor_config)
    return _InterruptibleExecutor(theirs.retries, theirs.step_dependency_config)
