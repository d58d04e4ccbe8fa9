"""The account `demo`: alice, bob, charlie, their groups and the roles, as of the morning of the snapshot."""

from collections.abc import Sequence

from . import cast
from . import iam_entries as iam
from .cast import DEMO, Json
from .dice import stable_id
from .sessions import GITHUB
from .trail import Delivery

SECURITY_AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"
EC2_READING = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"
SCALING = "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"
_OWN = f"arn:aws:iam::{DEMO}:policy/"
ENGINEERS, ACCOUNT_ADMIN, CI_BOUNDARY, REPORTS = (
    _OWN + name for name in ("engineers", "account-admin", "boundaries/ci-boundary", "nightly-report")
)
ALL_USERS = [f"arn:aws:iam::{DEMO}:user/{name}" for name in ("alice", "bob", "charlie")]


def demo_account(deliveries: Sequence[Delivery]) -> Json:
    """Return the file that `get-account-authorization-details` would have written."""
    return {
        "UserDetailList": _users(),
        "GroupDetailList": [
            iam.group(DEMO, "security", "2017-09-01T09:00:00Z", iam.attached(SECURITY_AUDIT), []),
            iam.group(DEMO, "engineers", "2017-09-01T09:05:00Z", iam.attached(ENGINEERS, EC2_READING), []),
        ],
        "RoleDetailList": _people_roles(deliveries) + _workload_roles(deliveries),
        "Policies": _policies(),
    }


def _users() -> list[Json]:
    no_deletion = iam.document(iam.statement(["s3:DeleteBucket", "s3:DeleteBucketPolicy"], effect="Deny"))
    listing = iam.statement(["s3:DeleteBucket", "s3:ListAllMyBuckets"], "arn:aws:s3:::*")
    one_statement = {"Version": "2012-10-17", "Statement": iam.statement("sqs:Get*", Sid="OneObject")}
    return [
        iam.user(
            cast.ALICE, "2017-09-02T18:02:14Z", ["security"], iam.attached(ENGINEERS), []
        ),
        iam.user(
            cast.BOB, "2017-09-15T07:30:00Z", ["engineers"], [],
            iam.inline(**{"queue-reading": one_statement}),
        ),
        iam.user(
            cast.CHARLIE, "2017-10-01T01:01:01Z", ["engineers"], [],
            iam.inline(**{"buckets": iam.document(listing), "no-deletion": no_deletion}),
        ),
    ]  # fmt: skip


def _people_roles(deliveries: Sequence[Delivery]) -> list[Json]:
    saml = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    sso = {"Federated": f"arn:aws:iam::{DEMO}:saml-provider/AWSSSO_1a2b3c4d5e6f7081_DO_NOT_DELETE"}
    partner = {"Federated": f"arn:aws:iam::{DEMO}:saml-provider/partner"}
    signing_in = iam.trust(sso, "sts:AssumeRoleWithSAML", Condition=saml)
    signing_in["Statement"][0]["Action"] = ["sts:AssumeRoleWithSAML", "sts:TagSession"]
    outside = {"StringEquals": {"sts:ExternalId": "contract-17"}}
    deploying = iam.document(
        iam.statement(["cloudformation:*", "ec2:Describe*", "s3:Get*", "s3:List*", "lambda:*"]),
        iam.statement(
            ["sts:AssumeRole", "sts:SetSourceIdentity"], [cast.ADMIN.arn, cast.BACKUP_ADMIN.arn], Sid="GoOn"
        ),
    )
    developing = iam.document(
        iam.statement(
            ["ec2:Describe*", "logs:*", "cloudwatch:Describe*", "cloudwatch:List*", "lambda:List*"]
        ),
        iam.statement(
            ["dynamodb:DescribeTable", "rds:Describe*", "sqs:List*", "states:List*", "states:Describe*"]
        ),
    )
    keeping = iam.document(
        iam.statement(["iam:*User*", "iam:*AccessKey*", "iam:List*", "iam:Get*"]),
        iam.statement(["iam:CreateRole", "iam:DeleteRole"]),
    )
    everything = iam.document(iam.statement("*"))
    return [
        iam.role(
            cast.ADMIN, "2017-09-01T09:10:00Z", iam.trust({"AWS": [*ALL_USERS, cast.DEPLOY.arn]}),
            iam.attached(ACCOUNT_ADMIN), [], deliveries,
        ),
        iam.role(
            cast.DEPLOY, "2019-03-04T10:00:00Z", iam.trust({"AWS": ALL_USERS}),
            [], iam.inline(deploy=deploying), deliveries,
        ),
        iam.role(
            cast.AUDIT, "2021-01-11T12:00:00Z", iam.trust(partner, "sts:AssumeRoleWithSAML", Condition=saml),
            iam.attached(SECURITY_AUDIT), [], deliveries,
        ),
        iam.role(
            cast.BREAK_GLASS, "2020-02-02T08:00:00Z", iam.trust({"AWS": f"arn:aws:iam::{DEMO}:root"}),
            [], iam.inline(emergency=everything), deliveries,
        ),
        iam.role(
            cast.VENDOR_SCANNER, "2022-05-05T05:05:05Z",
            iam.trust({"AWS": f"arn:aws:iam::{cast.VENDOR}:root"}, Condition=outside),
            iam.attached(EC2_READING), [], deliveries,
        ),
        iam.role(
            cast.SSO_DEVELOPER, "2023-02-01T09:00:00Z", signing_in,
            [], iam.inline(AwsSSOInlinePolicy=developing), deliveries, MaxSessionDuration=43200,
        ),
        iam.role(
            cast.SSO_ACCOUNTS, "2023-02-01T09:01:00Z", signing_in,
            [], iam.inline(AwsSSOInlinePolicy=keeping), deliveries, MaxSessionDuration=43200,
        ),
    ]  # fmt: skip


def _workload_roles(deliveries: Sequence[Delivery]) -> list[Json]:
    ec2, functions, tasks, scaling = (
        iam.trust({"Service": f"{name}.amazonaws.com"})
        for name in ("ec2", "lambda", "ecs-tasks", "autoscaling")
    )
    token = {
        "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{GITHUB}:sub": "repo:example/app:*"},
    }
    github = {"Federated": f"arn:aws:iam::{DEMO}:oidc-provider/{GITHUB}"}
    serving = iam.document(
        iam.statement(["ssm:UpdateInstanceInformation", "ssm:GetParameter*", "ec2:Describe*", "sqs:*"]),
        iam.statement(
            "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{DEMO}:secret:app/*"
        ),
        iam.statement(
            "kms:Decrypt", Condition={"StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"}}
        ),
        iam.statement(["logs:CreateLogStream", "logs:PutLogEvents", "s3:GetObject", "s3:PutObject"]),
        iam.statement("autoscaling:DescribeAutoScaling*"),
    )
    building = iam.document(
        iam.statement(["ecr:*", "lambda:*", "cloudformation:*", "cloudfront:*", "iam:PassRole", "s3:*"]),
    )
    working = iam.document(iam.statement(["sqs:ListQueues", "batch:SubmitJob", "batch:Describe*"]))
    profile = {
        "Path": cast.APP_SERVER.path,
        "InstanceProfileName": "app-server",
        "InstanceProfileId": stable_id("AIPA", DEMO, "app-server"),
        "Arn": f"arn:aws:iam::{DEMO}:instance-profile/service/app-server",
        "CreateDate": "2018-06-01T08:00:00Z",
        "Roles": [],
    }
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": CI_BOUNDARY}
    return [
        iam.role(
            cast.APP_SERVER, "2018-06-01T08:00:00Z", ec2,
            [], iam.inline(**{"app-server": serving}), deliveries,
            InstanceProfileList=[profile],
        ),
        iam.role(
            cast.NIGHTLY_REPORT, "2020-10-10T10:10:10Z", functions, iam.attached(REPORTS), [], deliveries,
        ),
        iam.role(
            cast.CI, "2022-11-20T15:00:00Z",
            iam.trust(github, "sts:AssumeRoleWithWebIdentity", Condition=token),
            [], iam.inline(build=building), deliveries, PermissionsBoundary=boundary,
        ),
        iam.role(cast.BATCH_AGAIN, "2026-06-15T09:12:00Z", tasks, [], iam.inline(batch=working), deliveries),
        iam.role(cast.AUTO_SCALING, "2018-06-01T08:05:00Z", scaling, iam.attached(SCALING), [], deliveries),
    ]  # fmt: skip


def _policies() -> list[Json]:
    roles = [cast.ADMIN.arn, cast.DEPLOY.arn, cast.BACKUP_ADMIN.arn]
    assuming = iam.statement(["sts:AssumeRole", "sts:SetSourceIdentity"], roles, Sid="TakeOnRoles")
    with_buckets = iam.document(assuming, iam.statement("s3:CreateBucket", Sid="Buckets"))
    draft = iam.document(assuming, iam.statement("s3:*", Sid="Draft"))
    not_ours = iam.document(iam.statement(None, NotAction=["account:*", "aws-portal:*", "organizations:*"]))
    auditing = iam.document(
        iam.statement(
            [
                "cloudwatch:DescribeAlarmHistory",
                "cloudwatch:DescribeAlarms",
                "cloudwatch:DescribeAlarmsForMetric",
                "cloudwatch:GetDashboard",
                "cloudwatch:GetMetricData",
            ]
        ),
        iam.statement(
            ["cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:LookupEvents"]
        ),
        iam.statement(
            ["iam:Get*", "iam:List*", "iam:GenerateCredentialReport", "kms:List*", "guardduty:List*"]
        ),
        iam.statement(["config:Describe*", "ec2:Describe*"]),
        iam.statement(["s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:ListAllMyBuckets"]),
    )
    limits = iam.document(
        iam.statement(["ecr:*", "lambda:*", "cloudformation:*", "cloudfront:CreateInvalidation"]),
        iam.statement("iam:*", effect="Deny", Sid="NeverIam"),
    )
    reporting = iam.document(
        iam.statement(["athena:*Query*", "glue:GetTable*", "s3:GetBucketLocation", "logs:CreateLogStream"]),
        iam.statement(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::demo-reports/*"),
    )
    scaling = iam.document(
        iam.statement(["ec2:Describe*", "ec2:RunInstances", "ec2:TerminateInstances", "ec2:CreateTags"])
    )
    reading = iam.document(iam.statement(["ec2:Describe*", "ec2:GetConsoleOutput"]))
    return [
        iam.policy(
            ENGINEERS,
            [
                ("v3", "2026-06-20T16:00:00Z", draft),  # written and never made the default
                ("v2", "2026-06-01T08:00:00Z", iam.document(assuming)),
                ("v1", "2017-09-01T09:04:00Z", with_buckets),
            ],
            default="v2",
            attached=2,
        ),
        iam.policy(ACCOUNT_ADMIN, [("v1", "2017-09-01T09:08:00Z", not_ours)], default="v1", attached=1),
        iam.policy(
            CI_BOUNDARY, [("v1", "2022-11-20T14:50:00Z", limits)], default="v1", attached=0, boundaries=1
        ),
        iam.policy(REPORTS, [("v1", "2020-10-10T10:00:00Z", reporting)], default="v1", attached=1),
        iam.policy(SECURITY_AUDIT, [("v47", "2026-03-03T19:00:00Z", auditing)], default="v47", attached=2),
        iam.policy(EC2_READING, [("v4", "2024-02-14T18:43:00Z", reading)], default="v4", attached=2),
        iam.policy(SCALING, [("v9", "2025-08-21T17:00:00Z", scaling)], default="v9", attached=1),
    ]
