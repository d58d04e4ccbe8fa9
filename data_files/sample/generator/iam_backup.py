"""The account `backup`: one service user, the roles that demo's people and AWS Backup take on."""

from collections.abc import Sequence

from . import cast
from . import iam_entries as iam
from .cast import BACKUP, Json
from .trail import Delivery

OPERATING = f"arn:aws:iam::{BACKUP}:policy/backup-operating"
ADMIN = f"arn:aws:iam::{BACKUP}:policy/backup-admin"


def backup_account(deliveries: Sequence[Delivery]) -> Json:
    """Return what `get-account-authorization-details` would have written, times as AWS CLI 2 has them."""
    demo = f"arn:aws:iam::{cast.DEMO}"
    operator = iam.user(
        cast.BACKUP_OPERATOR, "2021-04-01T06:00:00+00:00", ["operators"], [],
        iam.inline(federation=iam.document(iam.statement("sts:GetFederationToken"))),
    )  # fmt: skip
    group = iam.group(BACKUP, "operators", "2021-04-01T05:59:00+00:00", iam.attached(OPERATING), [])
    snapshots = iam.document(
        iam.statement(["ec2:Describe*", "ec2:CreateSnapshot*", "ec2:CopySnapshot", "ec2:CreateTags"]),
        iam.statement(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::backup-vault/*"),
    )
    restoring = iam.document(iam.statement(["backup:DescribeRecoveryPoint", "backup:StartRestoreJob"]))
    reading = iam.document(iam.statement(["backup:List*", "backup:Describe*", "backup:Get*"]))
    by_admin = iam.trust({"AWS": f"{demo}:root"}, Condition={"Bool": {"aws:SecureTransport": "true"}})
    return {
        "UserDetailList": [operator],
        "GroupDetailList": [group],
        "RoleDetailList": [
            iam.role(
                cast.BACKUP_ADMIN, "2021-04-01T06:10:00+00:00", by_admin, iam.attached(ADMIN), [], deliveries
            ),
            iam.role(
                cast.RESTORE, "2022-01-15T06:10:00+00:00", iam.trust({"AWS": cast.BACKUP_ADMIN.arn}),
                [], iam.inline(restore=restoring), deliveries,
            ),
            iam.role(
                cast.SUPPORT, "2022-01-15T06:20:00+00:00", iam.trust({"AWS": cast.CHARLIE.arn}),
                [], iam.inline(reading=reading), deliveries,
            ),
            iam.role(
                cast.BACKUP_SERVICE, "2021-04-01T06:20:00+00:00",
                iam.trust({"Service": "backup.amazonaws.com"}),
                [], iam.inline(snapshots=snapshots), deliveries,
            ),
        ],
        "Policies": [
            iam.policy(
                OPERATING,
                [
                    (
                        "v2",
                        "2023-09-09T09:09:09+00:00",
                        iam.document(
                            iam.statement(["backup:List*", "backup:Describe*"]),
                            iam.statement("backup:DeleteBackupVault", effect="Deny", Sid="KeepVaults"),
                        ),
                    ),
                    ("v1", "2021-04-01T05:58:00+00:00", iam.document(iam.statement("backup:*"))),
                ],
                default="v2",
                attached=1,
            ),
            iam.policy(
                ADMIN,
                [
                    (
                        "v1",
                        "2021-04-01T06:09:00+00:00",
                        iam.document(iam.statement(["s3:*", "backup:*", "ec2:*Snapshot*", "sts:AssumeRole"])),
                    )
                ],
                default="v1",
                attached=1,
            ),
        ],
    }  # fmt: skip
