"""The Dagster declaration of `aws_actions` and `iam_actions`."""

import dagster as dg

from assets.aws_actions.refresh import refresh
from assets.aws_actions.schema import DESCRIPTIONS

_TABLES = ("aws_actions", "iam_actions")


def build() -> dg.AssetsDefinition:
    """Return the unpartitioned facts: what botocore knows, and the catalogue of IAM actions."""

    @dg.multi_asset(
        name="aws_actions",
        outs={
            name: dg.AssetOut(description=DESCRIPTIONS[name][""], kinds={"python", "parquet"})
            for name in _TABLES
        },
        group_name="facts",
        required_resource_keys={"facts_folder"},
    )
    def aws_actions(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
        facts = refresh(context.resources.facts_folder)
        yield dg.Output(facts.aws_actions, "aws_actions", metadata=facts.changes())
        yield dg.Output(facts.iam_actions, "iam_actions")

    return aws_actions
