"""The everyday traffic: servers, functions, pipelines, auditors, developers and backups, from day to day."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from . import cast, sessions
from .cast import DEMO, Caller, Json
from .trail import Trail

FIRST = datetime(2026, 5, 21, tzinfo=UTC)
LAST = datetime(2026, 6, 30, tzinfo=UTC)
Menu = tuple[tuple[str, Json | None], ...]

INSTANCES = ("i-0a1b2c3d4e5f60718", "i-09f8e7d6c5b4a3921")

SERVER_CALLS: Menu = (
    ("ssm UpdateInstanceInformation", {"agentVersion": "3.3.2299.0", "platformType": "Linux"}),
    ("ssm GetParameters", {"names": ["/app/database/url", "/app/flags"]}),
    ("ssm GetParametersByPath", {"path": "/app/"}),
    ("secretsmanager GetSecretValue", {"secretId": "app/database"}),
    ("ec2 DescribeInstances", {"filterSet": {}}),
    ("ec2 DescribeTags", {"filterSet": {}}),
    ("sqs GetQueueUrl", {"queueName": "app-jobs"}),
    ("sqs GetQueueAttributes", {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111111111111/app-jobs"}),
    ("logs CreateLogStream", {"logGroupName": "/app/server"}),
    ("autoscaling DescribeAutoScalingInstances", None),
)
PIPELINE_CALLS: Menu = (
    ("sts GetCallerIdentity", None),
    ("ecr GetAuthorizationToken", {}),
    ("ecr DescribeRepositories", {"repositoryNames": ["app"]}),
    ("ecr BatchCheckLayerAvailability", {"repositoryName": "app"}),
    ("ecr InitiateLayerUpload", {"repositoryName": "app"}),
    ("ecr PutImage", {"repositoryName": "app", "imageTag": "main"}),
    ("lambda GetFunction20150331v2", {"functionName": "nightly-report"}),
    ("lambda UpdateFunctionCode20150331v2", {"functionName": "nightly-report", "publish": True}),
    ("lambda ListFunctions20150331", None),
    ("cloudformation DescribeStacks", {"stackName": "demo-app"}),
    ("cloudformation CreateChangeSet", {"stackName": "demo-app"}),
    ("cloudfront CreateInvalidation2020_05_31", {"distributionId": "E1EXAMPLE2CDN"}),
)
AUDIT_CALLS: Menu = (
    ("iam ListUsers", None),
    ("iam ListRoles", None),
    ("iam GetAccountAuthorizationDetails", None),
    ("iam GenerateCredentialReport", None),
    ("iam GetCredentialReport", None),
    ("ec2 DescribeInstances", {"filterSet": {}}),
    ("ec2 DescribeSecurityGroups", {}),
    ("ec2 DescribeFlowLogs", {}),
    ("cloudtrail DescribeTrails", None),
    ("cloudtrail GetEventSelectors", {"trailName": "demo-trail"}),
    ("cloudtrail LookupEvents", {"maxResults": 50}),
    ("config DescribeConfigurationRecorders", None),
    ("guardduty ListDetectors", None),
    ("kms ListKeys", None),
    ("s3 ListBuckets", {"Host": "s3.amazonaws.com"}),
    ("s3 GetBucketEncryption", {"bucketName": "demo-assets", "encryption": ""}),
    ("s3 GetBucketPublicAccessBlock", {"bucketName": "demo-assets", "publicAccessBlock": ""}),
)
DEVELOPER_CALLS: Menu = (
    ("ec2 DescribeInstances", {"filterSet": {}}),
    ("ec2 DescribeInstanceStatus", {"filterSet": {}}),
    ("ec2 DescribeVolumes", {}),
    ("ec2 CreateTags", {"resourcesSet": {"items": [{"resourceId": INSTANCES[0]}]}}),
    ("logs DescribeLogGroups", {}),
    ("logs StartQuery", {"logGroupName": "/app/server"}),
    ("logs GetQueryResults", {}),
    ("monitoring DescribeAlarms", {"maxRecords": 100}),
    ("monitoring ListMetrics", {"namespace": "App"}),
    ("lambda ListFunctions20150331", None),
    ("dynamodb DescribeTable", {"tableName": "orders"}),
    ("rds DescribeDBInstances", None),
    ("sqs ListQueues", {}),
    ("states ListExecutions", {}),
)


def everyday() -> list[Trail]:
    """Return one trail per sort of traffic."""
    return [app_servers(), nightly_report(), pipelines(), audits(), developers(), scaling(), backups()]


def app_servers() -> Trail:
    """Two EC2 instances with the role `app-server`; the key changes every six hours."""
    trail = Trail("app servers")
    for day in _days():
        for instance in INSTANCES:
            for hour in range(0, 24, 6):
                started = day + timedelta(hours=hour)
                key, _ = sessions.assume_role_for_service(
                    trail, started, cast.APP_SERVER, "ec2", instance, "eu-west-1"
                )
                identity = cast.assumed_role(cast.APP_SERVER, instance, key, started, ec2RoleDelivery="2.0")
                server = Caller(DEMO, identity, "198.51.100.20", "aws-sdk-java/2.31.50 exec-env/EC2")
                for moment in _moments(trail, started, hours=6, calls=trail.dice.number(6, 9)):
                    event, parameters = trail.dice.pick(SERVER_CALLS)
                    trail.call(server, moment, event, parameters, region="eu-west-1")
                    if event.startswith("secretsmanager"):
                        context: Json = {"encryptionContext": {"SecretARN": "app/database"}}
                        trail.call(
                            server, moment, "kms Decrypt", context, region="eu-west-1", via="secretsmanager"
                        )
                    elif trail.dice.chance(0.02):
                        trail.call(
                            server,
                            moment,
                            "ssm GetParameter",
                            error="ThrottlingException",
                            region="eu-west-1",
                        )
    return trail


def nightly_report() -> Trail:
    """The Lambda function behind `nightly-report`: an Athena query every night, one refused e-mail a week."""
    trail = Trail("nightly report")
    for day in _days():
        started = day + timedelta(hours=2, seconds=trail.dice.number(0, 50))
        key, _ = sessions.assume_role_for_service(
            trail, started, cast.NIGHTLY_REPORT, "lambda", "nightly-report", "us-east-1"
        )
        identity = cast.assumed_role(cast.NIGHTLY_REPORT, "nightly-report", key, started)
        function = Caller(DEMO, identity, "198.51.100.60", "Boto3/1.38.23 exec-env/AWS_Lambda_python3.13")
        calls = ["logs CreateLogStream", "athena StartQueryExecution"]
        calls += ["athena GetQueryExecution"] * trail.dice.number(3, 9) + ["athena GetQueryResults"]
        for step, event in enumerate(calls):
            moment = started + timedelta(seconds=3 + 4 * step)
            trail.call(function, moment, event, {"workGroup": "reports"} if step else None)
            if event == "athena StartQueryExecution":
                table: Json = {"databaseName": "reports", "name": "orders"}
                trail.call(function, moment, "glue GetTable", table, via="athena")
                trail.call(
                    function, moment, "s3 GetBucketLocation", {"bucketName": "demo-reports"}, via="athena"
                )
        if day.weekday() == 0:
            closing = started + timedelta(minutes=2)
            trail.call(function, closing, "sns ListTopics", error="AuthorizationError")
    return trail


def pipelines() -> Trail:
    """GitHub workflows as `ci`, two to four on a weekday."""
    trail = Trail("pipelines")
    for day in _days(weekdays=True):
        for run in range(trail.dice.number(2, 4)):
            started = day + timedelta(hours=8 + 2 * run, minutes=trail.dice.number(0, 90))
            subject = "repo:example/app:ref:refs/heads/main"
            session = f"GitHubActions-{day:%m%d}{run}"
            ci = sessions.assume_role_with_web_identity(
                trail, started, cast.CI, session, subject, "eu-west-1"
            )
            for step, (event, parameters) in enumerate(PIPELINE_CALLS):
                trail.call(
                    ci, started + timedelta(seconds=9 * step + 4), event, parameters, region="eu-west-1"
                )
            if trail.dice.chance(0.2):
                refused = f"User: {ci.identity['arn']} is not authorized to perform: iam:PassRole"
                moment = started + timedelta(minutes=3)
                trail.call(ci, moment, "lambda CreateFunction20150331", error="AccessDenied", message=refused)
    return trail


def audits() -> Trail:
    """Auditors of a partner company as `audit` through SAML, once a week, every region."""
    trail = Trail("audits")
    for day in _days(weekdays=True):
        if day.weekday() != 3:
            continue
        started = day + timedelta(hours=13)
        auditor = sessions.assume_role_with_saml(trail, started, cast.AUDIT, "auditor@example.org", "partner")
        for index, region in enumerate(("us-east-1", "eu-west-1", "us-west-2")):
            for step, (event, parameters) in enumerate(AUDIT_CALLS):
                if index and event.startswith("iam"):
                    continue
                moment = started + timedelta(minutes=10 * index, seconds=5 * step + 2)
                trail.call(auditor, moment, event, parameters, region=region)
            closing = started + timedelta(minutes=10 * index + 4)
            website: Json = {"bucketName": "demo-assets", "website": ""}
            trail.call(
                auditor,
                closing,
                "s3 GetBucketWebsite",
                website,
                region=region,
                error="NoSuchWebsiteConfiguration",
            )
        trail.call(auditor, started, "iam ListRoles", error="Throttling", message="Rate exceeded")
        trail.call(auditor, started, "iam GetUser", error="NoSuchEntityException")
    return trail


def developers() -> Trail:
    """Developers through Identity Center on weekdays; one of them with an identity-enhanced session."""
    trail = Trail("developers")
    people = ("developer-1@example.com", "developer-2@example.com", "developer-3@example.com")
    centre_user = trail.dice.uuid()
    saml = "AWSSSO_1a2b3c4d5e6f7081_DO_NOT_DELETE"
    for day in _days(weekdays=True):
        for person in people:
            if trail.dice.chance(0.2):
                continue
            started = day + timedelta(hours=8, minutes=trail.dice.number(0, 120))
            developer = sessions.assume_role_with_saml(
                trail, started, cast.SSO_DEVELOPER, person, saml, region="eu-west-1"
            )
            if person == people[2]:
                behalf = {"onBehalfOf": {"userId": centre_user, "identityStoreArn": cast.IDENTITY_STORE}}
                developer = Caller(
                    DEMO, developer.identity | behalf, developer.address, developer.agent, console=True
                )
            for moment in _moments(trail, started, hours=7, calls=trail.dice.number(8, 15)):
                event, parameters = trail.dice.pick(DEVELOPER_CALLS)
                region = "us-west-2" if trail.dice.chance(0.01) else "eu-west-1"
                error = "Client.UnauthorizedOperation" if event == "ec2 CreateTags" else ""
                trail.call(developer, moment, event, parameters, region=region, error=error)
    return trail


def scaling() -> Trail:
    """The service-linked role of Auto Scaling, which acts through `invokedBy`."""
    trail = Trail("scaling")
    for day in _days():
        started = day + timedelta(hours=7, minutes=trail.dice.number(0, 30))
        key, _ = sessions.assume_role_for_service(
            trail, started, cast.AUTO_SCALING, "autoscaling", "AutoScaling", "eu-west-1"
        )
        identity = cast.assumed_role(cast.AUTO_SCALING, "AutoScaling", key, started)
        service = Caller(DEMO, identity, "autoscaling.amazonaws.com", "autoscaling.amazonaws.com")
        for event in ("DescribeInstances", "DescribeInstanceStatus", "RunInstances", "TerminateInstances"):
            trail.call(service, started, f"ec2 {event}", {}, region="eu-west-1", via="autoscaling")
    return trail


def backups() -> Trail:
    """The account `backup`: the operator's checks, the service role's snapshots and its S3 data events."""
    trail = Trail("backups")
    operator = Caller(cast.BACKUP, cast.user(cast.BACKUP_OPERATOR, "AKIABACKUPOPSEXAMPLE"), "203.0.113.52")
    for day in _days():
        started = day + timedelta(hours=1, minutes=trail.dice.number(0, 20))
        key, _ = sessions.assume_role_for_service(
            trail, started, cast.BACKUP_SERVICE, "backup", "AWSBackup-nightly", "us-east-1"
        )
        identity = cast.assumed_role(cast.BACKUP_SERVICE, "AWSBackup-nightly", key, started)
        service = Caller(cast.BACKUP, identity, "backup.amazonaws.com", "backup.amazonaws.com")
        for region in ("us-east-1", "eu-west-1"):
            for event in ("DescribeVolumes", "CreateSnapshot", "DescribeSnapshots", "CopySnapshot"):
                trail.call(service, started, f"ec2 {event}", {}, region=region, via="backup")
        for moment in _moments(trail, started, hours=1, calls=trail.dice.number(8, 14)):
            event = trail.dice.pick(("s3 PutObject", "s3 PutObject", "s3 GetObject"))
            trail.data_event(service, moment, event, "backup-vault", f"{day:%Y%m%d}/part", "us-east-1")
        if day.weekday() < 5:
            for minute, event in enumerate(
                ("ListBackupJobs", "DescribeBackupJob", "ListRecoveryPointsByResource")
            ):
                trail.call(operator, day + timedelta(hours=9, minutes=minute), f"backup {event}")
    return trail


def _days(weekdays: bool = False) -> Iterator[datetime]:
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        if day.weekday() < 5 or not weekdays:
            yield day


def _moments(trail: Trail, start: datetime, hours: int, calls: int) -> Sequence[datetime]:
    seconds = sorted(trail.dice.number(60, hours * 3600 - 60) for _ in range(calls))
    return [start + timedelta(seconds=second) for second in seconds]
