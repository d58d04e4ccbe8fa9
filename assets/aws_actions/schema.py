"""Columns of the tables `aws_actions` and `iam_actions` that other tables may rely on."""

import polars as pl

AWS_ACTIONS: dict[str, pl.DataType] = {
    "service": pl.String(),
    "endpoint_prefix": pl.String(),
    "event_source": pl.String(),
    "operation": pl.String(),
    "primary": pl.List(pl.String()),
    "conditional": pl.List(pl.String()),
    "one_of": pl.List(pl.String()),
    "recorded": pl.String(),
    "resource_types": pl.List(pl.String()),
    "read_write": pl.String(),
    "rule": pl.String(),
}

IAM_ACTIONS: dict[str, pl.DataType] = {
    "action": pl.String(),
    "access_level": pl.String(),
    "unverified": pl.Boolean(),
    "recorded": pl.String(),
}

DESCRIPTIONS: dict[str, dict[str, str]] = {
    "aws_actions": {
        "": "Every API operation of botocore, the IAM actions it needs, and whether CloudTrail records it",
        "service": "Folder name of the service in botocore's data.",
        "endpoint_prefix": "endpointPrefix of the newest API version that has the operation.",
        "event_source": "eventSource that CloudTrail writes for the operation, such as s3.amazonaws.com.",
        "operation": "Name of the API operation as botocore spells it.",
        "primary": "IAM actions that every successful call of the operation needs, sorted.",
        "conditional": "IAM actions that some calls need besides, depending on their parameters, sorted.",
        "one_of": "IAM actions of which a call needs at least one, depending on its parameters, sorted.",
        "recorded": "What CloudTrail takes the call for: management (recorded by default), data, or never.",
        "resource_types": "CloudTrail resources.type of the call's data events, sorted; empty where not sure.",
        "read_write": "Whether CloudTrail takes the call for reading or writing: read, write, or empty: not sure.",
        "rule": "Found by: exact, renamed_source, operation_actions, no_permission or unverified name.",
    },
    "iam_actions": {
        "": "The catalogue: every IAM action, its access level, and whether its use would be recorded",
        "action": "IAM action in canonical spelling, such as s3:GetObject.",
        "access_level": "List, Read, Tagging, Write or Permissions management; empty where not published.",
        "unverified": "True where only a name in botocore suggests that the action exists.",
        "recorded": "management where every call that needs it is recorded by default; else data, never.",
    },
}
