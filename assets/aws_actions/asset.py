"""The Dagster declaration of `aws_actions` and `iam_actions`, and of what may refresh their facts."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from assets.aws_actions.reference_rows import refresh_from_reference
from assets.aws_actions.refresh import refresh
from assets.aws_actions.schema import DESCRIPTIONS

_TABLES = ("aws_actions", "iam_actions")
SERVICE_REFERENCE = "service_reference"


def build(after: Sequence[str] = ()) -> dg.AssetsDefinition:
    """Return the unpartitioned facts: what botocore knows, and the catalogue of IAM actions.

    `after` names the assets that write the fact files: they are made first.
    """

    @dg.multi_asset(
        name="aws_actions",
        outs={
            name: dg.AssetOut(description=DESCRIPTIONS[name][""], kinds={"python", "parquet"})
            for name in _TABLES
        },
        group_name="facts",
        deps=list(after),
        required_resource_keys={"facts_folder"},
    )
    def aws_actions(context: dg.AssetExecutionContext) -> Iterator[dg.Output[Any]]:
        facts = refresh(context.resources.facts_folder)
        yield dg.Output(facts.aws_actions, "aws_actions", metadata=facts.changes())
        yield dg.Output(facts.iam_actions, "iam_actions")

    return aws_actions


def build_service_reference(url: str) -> dg.AssetsDefinition:
    """Return the refresh of `operation_actions.csv` from the Service Reference whose index is at `url`."""

    @dg.asset(
        name=SERVICE_REFERENCE,
        description="AWS's own map of operations to actions, written into data_files/operation_actions.csv",
        group_name="facts",
        kinds={"python", "csv"},
        required_resource_keys={"facts_folder"},
    )
    def service_reference(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata=refresh_from_reference(context.resources.facts_folder, url))

    return service_reference
