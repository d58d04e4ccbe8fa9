"""The check of `unmapped_events`: a share that grows means that the mapping has fallen behind."""

import dagster as dg

from assets.partitions import asked
from assets.unmapped_events.unmapped import growth


def build() -> dg.AssetChecksDefinition:
    """Return the check; it warns, and blocks nothing."""

    @dg.asset_check(
        asset="unmapped_events",
        name="share_does_not_grow",
        description="The share of calls that map to no IAM action is no larger than on the days before",
        required_resource_keys={"stored"},
    )
    def share_does_not_grow(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        account = asked(context.op_execution_context.partition_keys)[-1].account
        found = growth(context.resources.stored, account)
        return dg.AssetCheckResult(
            passed=not found.grows,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"account": account, "share": found.newest, "share before": found.before},
        )

    return share_does_not_grow
