"""The principals of an account as a frame: the users and roles that permissions are compared for."""

import polars as pl

from assets.iam_snapshots.authorization_details import AccountDetails, Entity
from assets.iam_snapshots.schema import TIME

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


def principals(details: AccountDetails) -> pl.DataFrame:
    """Return one row per user and role with `PRINCIPAL_COLUMNS`, sorted by principal_arn.

    `role_last_used` (RoleLastUsed.LastUsedDate, UTC) is null for users and for roles that AWS did not see in
    use within its tracking period. `sso` marks the roles of IAM Identity Center (AWSReservedSSO_*),
    `service_linked` those of an AWS service: the account edits neither. `trust` is JSON text, "" for users.
    """
    rows = [_row(entity) for entity in (*details.users, *details.roles)]
    return pl.DataFrame(rows, schema=PRINCIPAL_COLUMNS, orient="row").sort("principal_arn")


def _row(entity: Entity) -> tuple[object, ...]:
    sso = entity.kind == "role" and entity.name.startswith("AWSReservedSSO_")
    return (
        entity.arn,
        entity.id,
        entity.kind,
        entity.name,
        entity.path,
        entity.created_at,
        entity.last_used,
        entity.service_linked,
        sso,
        entity.trust,
    )
