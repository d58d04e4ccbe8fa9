"""The scenes that the classic answers rest on: alice, charlie and the roles they take on.

alice herself succeeds in four things only (DescribeAlarms, DescribeAlarmHistory, CreateBucket, AssumeRole),
`admin` of demo in two (CreateBucket, CreateUser), charlie as `admin` of either account in one (CreateBucket).
"""

from datetime import UTC, datetime, timedelta

from . import cast, sessions
from .cast import ALICE, BROWSER, CHARLIE, Caller, Json
from .trail import Trail

ALICE_KEY = "AKIAALICE2017EXAMPLE"
CHARLIE_KEY = "AKIACHARLI17EXAMPLE2"


def at(text: str) -> datetime:
    """Return a moment of 2026 from `MM-DD HH:MM`, UTC."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def alice() -> Trail:
    """Alice's own calls: alarms on most weekdays, a bucket while she still could, refusals afterwards."""
    trail = Trail("alice")
    me = Caller(cast.DEMO, cast.user(ALICE, ALICE_KEY), "203.0.113.21")
    sign_in(trail, ALICE, at("05-22 08:01"))
    for day in (
        "05-22",
        "05-26",
        "05-29",
        "06-02",
        "06-04",
        "06-09",
        "06-12",
        "06-16",
        "06-22",
        "06-25",
        "06-30",
    ):
        region = trail.dice.pick(("us-east-1", "eu-west-1"))
        start = at(f"{day} 08:00") + timedelta(minutes=trail.dice.number(3, 90))
        trail.call(me, start, "sts GetCallerIdentity")
        for step in range(trail.dice.number(1, 4)):
            moment = start + timedelta(seconds=20 + 45 * step)
            trail.call(me, moment, "monitoring DescribeAlarms", {"maxRecords": 100}, region=region)
        history: Json = {"alarmName": "api-5xx", "historyItemType": "StateUpdate"}
        trail.call(
            me, start + timedelta(minutes=6), "monitoring DescribeAlarmHistory", history, region=region
        )
    bucket: Json = {"bucketName": "demo-scratch-alice", "Host": "demo-scratch-alice.s3.amazonaws.com"}
    trail.call(me, at("05-27 09:40"), "s3 CreateBucket", bucket)
    # The permission was taken away on 1 June: the same call is refused.
    trail.call(
        me, at("06-24 09:02"), "s3 CreateBucket", bucket, error="AccessDenied", message="Access Denied"
    )
    refused = f"User: {ALICE.arn} is not authorized to perform: dynamodb:ListTables"
    trail.call(me, at("06-24 09:05"), "dynamodb ListTables", error="AccessDenied", message=refused)
    instances: Json = {"instancesSet": {"items": [{"instanceId": "i-0a1b2c3d4e5f60718"}]}}
    trail.call(
        me,
        at("06-24 09:06"),
        "ec2 TerminateInstances",
        instances,
        error="Client.UnauthorizedOperation",
        region="eu-west-1",
    )
    policy: Json = {"bucketName": "demo-assets", "policy": ""}
    trail.call(
        me, at("06-24 09:09"), "s3 GetBucketPolicy", policy,
        error="NoSuchBucketPolicy", message="The bucket policy does not exist",
    )  # fmt: skip
    trail.call(
        me,
        at("06-24 09:11"),
        "monitoring DescribeAlarms",
        error="ThrottlingException",
        message="Rate exceeded",
    )
    # Late deliveries: one a day late, one four days late.
    day_late, four_days_late = timedelta(hours=26), timedelta(days=4)
    trail.call(me, at("06-26 09:30"), "monitoring DescribeAlarms", {"maxRecords": 100}, delay=day_late)
    trail.call(
        me,
        at("06-19 15:12"),
        "monitoring DescribeAlarmHistory",
        {"alarmName": "queue-age"},
        delay=four_days_late,
    )
    return trail


def alice_in_roles() -> Trail:
    """What alice does as `admin`, `deploy`, and through deploy as admin of both accounts and as `restore`."""
    trail = Trail("alice in roles")
    me = Caller(cast.DEMO, cast.user(ALICE, ALICE_KEY), "203.0.113.21")
    admin = sessions.assume_role(trail, me, at("05-28 10:00"), cast.ADMIN, "alice")
    trail.call(admin, at("05-28 10:01"), "sts GetCallerIdentity")
    create_bucket(trail, admin, at("05-28 10:04"), "demo-releases")
    for day, life in (("05-29", cast.CONTRACTOR), ("06-16", cast.CONTRACTOR_AGAIN)):
        admin = sessions.assume_role(trail, me, at(f"{day} 11:00"), cast.ADMIN, "alice")
        created = {"userName": life.name, "userId": life.id, "arn": life.arn, "path": "/"}
        trail.call(
            admin, at(f"{day} 11:02"), "iam CreateUser", {"userName": life.name}, response={"user": created}
        )
    mfa = sessions.get_session_token(trail, me, at("06-02 09:00"), ALICE)
    _deploy(
        trail, sessions.assume_role(trail, mfa, at("06-02 09:02"), cast.DEPLOY, "alice", "alice"), "06-02 09"
    )
    # The AssumeRole of this session fell into the day without logs: only its source identity says whose.
    lost = cast.assumed_role(
        cast.DEPLOY, "release", trail.dice.access_key(), at("06-07 23:50"), sourceIdentity="alice"
    )
    _deploy(trail, Caller(cast.DEMO, lost, me.address, me.agent), "06-08 00")
    # alice -> deploy -> admin
    deploy = sessions.assume_role(trail, me, at("06-18 13:00"), cast.DEPLOY, "alice", "alice")
    admin = sessions.assume_role(trail, deploy, at("06-18 13:02"), cast.ADMIN, "pipeline", "alice")
    create_bucket(trail, admin, at("06-18 13:05"), "demo-release-logs")
    # alice -> deploy -> admin of backup -> restore: three roles over two accounts
    deploy = sessions.assume_role(trail, me, at("06-23 14:00"), cast.DEPLOY, "alice", "alice")
    admin = sessions.assume_role(trail, deploy, at("06-23 14:01"), cast.BACKUP_ADMIN, "pipeline", "alice")
    restore = sessions.assume_role(trail, admin, at("06-23 14:02"), cast.RESTORE, "pipeline", "alice")
    point = f"arn:aws:backup:us-east-1:{cast.BACKUP}:recovery-point:5f0c8e1a"
    trail.call(restore, at("06-23 14:05"), "backup DescribeRecoveryPoint", {"recoveryPointArn": point})
    trail.call(restore, at("06-23 14:06"), "backup StartRestoreJob", {"recoveryPointArn": point})
    return trail


def charlie() -> Trail:
    """Charlie: sign-ins, a session over midnight, the other account, a switched role, refusals."""
    trail = Trail("charlie")
    me = Caller(cast.DEMO, cast.user(CHARLIE, CHARLIE_KEY), "203.0.113.33")
    for day in ("05-25", "06-03", "06-10", "06-11", "06-17", "06-25"):
        trail.call(me, at(f"{day} 12:00"), "ec2 DescribeInstances", {"filterSet": {}}, region="eu-west-1")
        trail.call(me, at(f"{day} 12:01"), "ec2 DescribeVpcs", {"vpcSet": {}}, region="eu-west-1")
        trail.call(me, at(f"{day} 12:02"), "s3 ListBuckets", {"Host": "s3.amazonaws.com"})
    admin = sessions.assume_role(trail, me, at("06-03 12:10"), cast.ADMIN, "charlie")
    create_bucket(trail, admin, at("06-03 12:12"), "demo-metrics-export")
    backup_admin = sessions.assume_role(trail, me, at("06-10 12:20"), cast.BACKUP_ADMIN, "charlie")
    create_bucket(trail, backup_admin, at("06-10 12:25"), "backup-vault-copies")
    night = sessions.assume_role(trail, me, at("06-11 23:40"), cast.ADMIN, "charlie-night")
    create_bucket(trail, night, at("06-12 00:20"), "demo-incident-0612")
    trail.call(night, at("06-12 00:21"), "sts GetCallerIdentity")
    sign_in(trail, CHARLIE, at("06-17 08:58"), failed=True)
    signed_in = sign_in(trail, CHARLIE, at("06-17 08:59"))
    support = sessions.switch_role(trail, signed_in, at("06-17 09:05"), cast.SUPPORT)
    for minute, event in enumerate(
        ("ListBackupVaults", "ListBackupPlans", "ListRecoveryPointsByBackupVault")
    ):
        trail.call(support, at(f"06-17 09:1{minute}"), f"backup {event}")
    refused = f"{CHARLIE.arn} may not perform sts:AssumeRole on {cast.BREAK_GLASS.arn}"
    target: Json = {"roleArn": cast.BREAK_GLASS.arn, "roleSessionName": "charlie"}
    trail.call(me, at("06-25 12:30"), "sts AssumeRole", target, error="AccessDenied", message=refused)
    doomed: Json = {"bucketName": "demo-metrics-export"}
    trail.call(
        me, at("06-25 12:31"), "s3 DeleteBucket", doomed, error="AccessDenied", message="Access Denied"
    )
    return trail


def sign_in(trail: Trail, who: cast.Principal, when: datetime, failed: bool = False) -> Caller:
    """ConsoleLogin of a user; return the user's console session."""
    caller = Caller(who.account, cast.user(who), "203.0.113.33", BROWSER)
    outcome = "Failure" if failed else "Success"
    record = trail.call(
        caller,
        when,
        "signin ConsoleLogin",
        response={"ConsoleLogin": outcome},
        additionalEventData={
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": "Yes",
        },
        eventType="AwsConsoleSignIn",
    )
    if failed:  # a failed sign-in has a message and no error code
        record["errorMessage"] = "Failed authentication"
    return caller


def create_bucket(trail: Trail, caller: Caller, when: datetime, name: str) -> None:
    """CreateBucket in us-east-1."""
    trail.call(caller, when, "s3 CreateBucket", {"bucketName": name, "Host": f"{name}.s3.amazonaws.com"})


def _deploy(trail: Trail, deploy: Caller, hour: str) -> None:
    for minute, event in enumerate(
        ("DescribeStacks", "CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet")
    ):
        stack: Json = {"stackName": "demo-app"}
        trail.call(deploy, at(f"{hour}:{10 + minute}"), f"cloudformation {event}", stack, region="eu-west-1")
    trail.call(
        deploy, at(f"{hour}:15"), "ec2 DescribeSecurityGroups", {}, region="eu-west-1", via="cloudformation"
    )
