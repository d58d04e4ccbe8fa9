"""The principals of an account as a frame: the users and roles that permissions are compared for."""

from typing import Any

import msgspec
import polars as pl

from assets.iam_snapshots.authorization_details import SERVICE_LINKED, trust_text, utc_time
from assets.iam_snapshots.schema import TIME
from assets.iam_snapshots.snapshot import check_whole

PRINCIPAL_COLUMNS: dict[str, pl.DataType] = {
    "principal_arn": pl.String(),
    "principal_id": pl.String(),
    "principal_type": pl.String(),
    "principal_name": pl.String(),
    "path": pl.String(),
    "created_at": TIME,
    "role_last_used": TIME,
    "service_linked": pl.Boolean(),
    "sso": pl.Boolean(),
    "trust": pl.String(),
}


def principal() -> pl.Expr:
    """Return who is meant by `principal_id` and `principal_arn` (text or codes): the id, where a file has none the ARN.

    The same ARN with another id was another principal, and the same id with another ARN is one that was renamed.
    """
    known = pl.col("principal_id") != ""
    id_ = pl.when(known).then(pl.col("principal_id").cast(pl.String))
    return id_.otherwise(pl.col("principal_arn").cast(pl.String)).alias("principal")


def principals(snapshot: pl.DataFrame) -> pl.DataFrame:
    """Return one row per user and role with `PRINCIPAL_COLUMNS`, sorted by principal_arn.

    `snapshot` is a partition of `iam_snapshots`; no policy is parsed. Raises InputError when it is not whole: see
    `snapshot.check_whole`.
    `role_last_used` (RoleLastUsed.LastUsedDate, UTC) is null for users and for roles that AWS did not see in
    use within its tracking period. `sso` marks the roles of IAM Identity Center (AWSReservedSSO_*),
    `service_linked` those of an AWS service: the account edits neither. `trust` is JSON text, "" for users.
    """
    check_whole(snapshot)
    entries = snapshot.filter(pl.col("kind").is_in(["user", "role"]))
    read = msgspec.json.Decoder(_Entry).decode
    told = [read(text) for text in entries["document"]]
    used = [utc_time((one.used or {}).get("LastUsedDate")) for one in told]
    is_role = pl.col("kind") == "role"
    return entries.select(
        principal_arn="arn",
        principal_id="id",
        principal_type="kind",
        principal_name="name",
        path="path",
        created_at="created_at",
        role_last_used=pl.Series(used, dtype=TIME),
        service_linked=is_role & pl.col("path").str.starts_with(SERVICE_LINKED),
        sso=is_role & pl.col("name").str.starts_with("AWSReservedSSO_"),
        trust=pl.Series([trust_text(one.trust) for one in told], dtype=pl.String),
    ).sort("principal_arn")


class _Entry(msgspec.Struct):
    # What the table's own columns do not say of a user or role; `parse_details` has looked at it.
    trust: Any = msgspec.field(default=None, name="AssumeRolePolicyDocument")
    used: Any = msgspec.field(default=None, name="RoleLastUsed")
