"""Columns of `iam_snapshots` that other tables may rely on. Key: kind, arn, name."""

import polars as pl

TIME = pl.Datetime("us", "UTC")

COLUMNS: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "arn": pl.String(),
    "id": pl.String(),
    "name": pl.String(),
    "path": pl.String(),
    "created_at": TIME,
    "document": pl.String(),
    "taken_at": TIME,
    "taken_at_source": pl.String(),
}

DESCRIPTIONS: dict[str, dict[str, str]] = {
    "iam_snapshots": {
        "": "Users, roles, groups and policies of an account on a day, as AWS returned them",
        "kind": "user, role, group, policy, or document (the whole file, one row)",
        "arn": "ARN of the entry; empty for the document",
        "id": "unique id that IAM never reuses (AIDA..., AROA..., AGPA..., ANPA...); empty for the document",
        "name": "name of the entry; for the document, the name of its source",
        "path": "IAM path, / by default; empty for the document",
        "created_at": "CreateDate, UTC; null where AWS gave none",
        "document": "the entry's JSON as AWS returned it, spaces removed; of a document the unchanged text",
        "taken_at": "when the snapshot was true, UTC",
        "taken_at_source": "who says so: configuration, file_time (modification time) or live",
    }
}

KINDS = ("document", "group", "policy", "role", "user")
TAKEN_AT_SOURCES = ("configuration", "file_time", "live")
KEY = ("kind", "arn", "name")
