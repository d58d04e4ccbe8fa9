"""Every table: its columns, what they mean, and where they come from. In data order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from polars.datatypes import DataType, DataTypeClass

from assets.aws_actions import schema as aws_actions
from assets.cloudtrail_usage import schema as cloudtrail_usage
from assets.expanded_grants import schema as expanded_grants
from assets.iam_snapshots import schema as iam_snapshots
from assets.partitions import AccountPartition, AnyPartition, DayPartition, Partition
from assets.permission_trends import schema as permission_trends
from assets.principal_diffs import schema as principal_diffs
from assets.role_sessions import schema as role_sessions
from assets.trail_settings import schema as trail_settings
from assets.unmapped_events import schema as unmapped_events

Sources = Mapping[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Table:
    """One table. `lineage`: for a column the (table, column) pairs that it follows from.

    `cut`: what a partition of a partitioned table is. `wide`: its rows hold much text that others do not
    have, so that fewer of them are written together.
    """

    name: str
    schema: Mapping[str, DataType | DataTypeClass]
    key: tuple[str, ...]
    descriptions: Mapping[str, str]
    partitioned: bool = True
    lineage: Sources = field(default_factory=dict)
    cut: type[AnyPartition] = Partition
    wide: bool = False


_TABLES = (
    Table(
        "aws_actions",
        aws_actions.AWS_ACTIONS,
        ("service", "operation"),
        aws_actions.DESCRIPTIONS["aws_actions"],
        partitioned=False,
    ),
    Table(
        "iam_actions",
        aws_actions.IAM_ACTIONS,
        ("action",),
        aws_actions.DESCRIPTIONS["iam_actions"],
        partitioned=False,
        lineage={"recorded": [("aws_actions", "recorded"), ("aws_actions", "primary")]},
    ),
    Table(
        "iam_snapshots",
        iam_snapshots.COLUMNS,
        iam_snapshots.KEY,
        iam_snapshots.DESCRIPTIONS["iam_snapshots"],
    ),
    Table(
        "expanded_grants",
        expanded_grants.GRANTS,
        expanded_grants.GRANTS_KEY,
        expanded_grants.DESCRIPTIONS["expanded_grants"],
        lineage={
            "principal_arn": [("iam_snapshots", "arn")],
            "principal_id": [("iam_snapshots", "id")],
            "principal_type": [("iam_snapshots", "kind")],
            "principal_name": [("iam_snapshots", "name")],
            "action": [("iam_snapshots", "document"), ("iam_actions", "action")],
            "access_level": [("iam_actions", "access_level")],
            "restricted": [("iam_snapshots", "document")],
            "first_granted": [("iam_snapshots", "taken_at")],
            "unverified": [("iam_actions", "unverified")],
        },
    ),
    Table(
        "grant_sources",
        expanded_grants.SOURCES,
        expanded_grants.SOURCES_KEY,
        expanded_grants.DESCRIPTIONS["grant_sources"],
        lineage={
            "policy_arn": [("iam_snapshots", "arn")],
            "policy_name": [("iam_snapshots", "name")],
            "attached_to": [("iam_snapshots", "arn")],
            **{
                column: [("iam_snapshots", "document")]
                for column in ("statement", "sid", "pattern", "effect", "condition", "resources")
            },
        },
    ),
    Table(
        "grant_problems",
        expanded_grants.PROBLEMS,
        expanded_grants.PROBLEMS_KEY,
        expanded_grants.DESCRIPTIONS["grant_problems"],
        lineage={"principal_arn": [("iam_snapshots", "arn")], "problem": [("iam_snapshots", "document")]},
    ),
    Table(
        "cloudtrail_usage",
        cloudtrail_usage.CLOUDTRAIL_USAGE,
        cloudtrail_usage.CLOUDTRAIL_USAGE_KEY,
        cloudtrail_usage.DESCRIPTIONS["cloudtrail_usage"],
    ),
    Table(
        "role_assumptions",
        cloudtrail_usage.ROLE_ASSUMPTIONS,
        cloudtrail_usage.ROLE_ASSUMPTIONS_KEY,
        cloudtrail_usage.DESCRIPTIONS["role_assumptions"],
    ),
    Table(
        "session_usage",
        cloudtrail_usage.SESSION_USAGE,
        cloudtrail_usage.SESSION_USAGE_KEY,
        cloudtrail_usage.DESCRIPTIONS["session_usage"],
        wide=True,
    ),
    Table(
        "unmapped_events",
        unmapped_events.UNMAPPED_EVENTS,
        unmapped_events.KEY,
        unmapped_events.DESCRIPTIONS,
        lineage=unmapped_events.LINEAGE,
    ),
    Table(
        "rejected_records",
        cloudtrail_usage.REJECTED_RECORDS,
        cloudtrail_usage.REJECTED_RECORDS_KEY,
        cloudtrail_usage.DESCRIPTIONS["rejected_records"],
    ),
    Table(
        "log_coverage",
        cloudtrail_usage.LOG_COVERAGE,
        cloudtrail_usage.LOG_COVERAGE_KEY,
        cloudtrail_usage.DESCRIPTIONS["log_coverage"],
    ),
    Table(
        "role_sessions",
        role_sessions.ROLE_SESSIONS,
        role_sessions.KEY,
        role_sessions.DESCRIPTIONS,
        lineage=role_sessions.LINEAGE,
    ),
    Table(
        "trail_settings",
        trail_settings.TRAIL_SETTINGS,
        trail_settings.KEY,
        trail_settings.DESCRIPTIONS,
    ),
    Table(
        "principal_diffs",
        principal_diffs.PRINCIPAL_DIFFS,
        ("principal_arn", "action"),
        principal_diffs.DESCRIPTIONS,
        lineage=principal_diffs.LINEAGE,
    ),
    *(
        Table(
            name,
            schema,
            key,
            permission_trends.DESCRIPTIONS[name],
            lineage=permission_trends.LINEAGE[name],
            cut=cut,
        )
        for name, schema, key, cut in (
            ("permission_trends", permission_trends.PERMISSION_TRENDS, ("principal_arn",), Partition),
            ("account_trends", permission_trends.ACCOUNT_TRENDS, (), Partition),
            ("organization_trends", permission_trends.ORGANIZATION_TRENDS, (), DayPartition),
            (
                "permission_changes",
                permission_trends.PERMISSION_CHANGES,
                permission_trends.CHANGES_KEY,
                Partition,
            ),
            (
                "permission_history",
                permission_trends.PERMISSION_HISTORY,
                permission_trends.HISTORY_KEY,
                AccountPartition,
            ),
            ("permission_history_days", permission_trends.HISTORY_DAYS, ("day",), AccountPartition),
        )
    ),
)
TABLES: Mapping[str, Table] = {table.name: table for table in _TABLES}
"""All tables by name, in data order."""
