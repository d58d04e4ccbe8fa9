"""Scenes with one of everything else: federation, root, services, recycled names, identities seldom seen."""

from datetime import timedelta

from . import cast, sessions
from .cast import BROWSER, DEMO, Caller, Json
from .stories import at
from .trail import Trail


def federation() -> Trail:
    """GetFederationToken, a role taken on by a foreign account, Identity Center before any role."""
    trail = Trail("federation")
    operator = Caller(cast.BACKUP, cast.user(cast.BACKUP_OPERATOR, "AKIABACKUPOPSEXAMPLE"), "203.0.113.52")
    for day in ("05-26", "06-09", "06-24"):
        token = sessions.get_federation_token(
            trail, operator, at(f"{day} 10:00"), cast.BACKUP_OPERATOR, "inspector"
        )
        trail.call(token, at(f"{day} 10:05"), "backup ListBackupJobs")
        trail.call(token, at(f"{day} 10:06"), "backup DeleteBackupVault", error="AccessDeniedException")
        scanner = sessions.assume_role_from_outside(
            trail, at(f"{day} 11:00"), cast.VENDOR_SCANNER, cast.VENDOR, "AROAVENDORBOTEXAMPLE1:scan", "scan"
        )
        for minute, event in enumerate(
            ("DescribeInstances", "DescribeSecurityGroups", "DescribeRouteTables")
        ):
            trail.call(scanner, at(f"{day} 11:0{minute + 1}"), f"ec2 {event}", {}, region="eu-west-1")
    person = Caller(DEMO, cast.identity_center_user(trail.dice.uuid()), "203.0.113.40", BROWSER)
    trail.call(
        person,
        at("06-15 08:00"),
        "sso CreateToken",
        {"grantType": "urn:ietf:params:oauth:grant-type:device_code"},
    )
    details: Json = {"account_id": DEMO, "role_name": "Developer"}
    for event in ("Federate", "ListAccountRoles"):
        trail.call(
            person,
            at("06-15 08:01"),
            f"sso {event}",
            eventType="AwsServiceEvent",
            serviceEventDetails=details,
        )
    # Identity Center as it wrote sign-ins before it had a type of its own for its users.
    unknown = {
        "type": "Unknown",
        "principalId": DEMO,
        "accountId": DEMO,
        "userName": "developer-2@example.com",
    }
    trail.call(
        Caller(DEMO, unknown, "203.0.113.41", BROWSER),
        at("06-15 08:02"),
        "sso Authenticate",
        eventType="AwsServiceEvent",
    )
    return trail


def root_and_sign_ins() -> Trail:
    """The root user at work, and a sign-in with a user name that does not exist (CloudTrail hides it)."""
    trail = Trail("root")
    started = at("06-05 07:00")
    root = Caller(
        DEMO, cast.root(DEMO, trail.dice.access_key(), started), "203.0.113.2", BROWSER, console=True
    )
    at_the_door = {name: root.identity[name] for name in ("type", "principalId", "arn", "accountId")}
    mfa: Json = {
        "LoginTo": "https://console.aws.amazon.com/console/home",
        "MobileVersion": "No",
        "MFAUsed": "Yes",
    }
    for identity, hour, outcome in (
        (at_the_door, "06-05 07", "Success"),
        (
            {
                "type": "IAMUser",
                "principalId": "",
                "accountId": DEMO,
                "accessKeyId": "",
                "userName": "HIDDEN_DUE_TO_SECURITY_REASONS",
            },
            "06-05 06",
            "Failure",
        ),
    ):
        record = trail.call(
            Caller(DEMO, identity, "203.0.113.2", BROWSER),
            at(f"{hour}:00"),
            "signin ConsoleLogin",
            response={"ConsoleLogin": outcome},
            additionalEventData=mfa,
            eventType="AwsConsoleSignIn",
        )
        if outcome == "Failure":
            record["errorMessage"] = "No username found in supplied account"
    trail.call(root, at("06-05 07:03"), "iam GetAccountSummary")
    trail.call(root, at("06-05 07:04"), "account GetContactInformation")
    return trail


def recycled_names() -> Trail:
    """The user `contractor` and the role `batch`: deleted, created again, with another unique id."""
    trail = Trail("recycled names")
    saml = "AWSSSO_1a2b3c4d5e6f7081_DO_NOT_DELETE"
    for day, life in (("05-29", cast.CONTRACTOR), ("06-16", cast.CONTRACTOR_AGAIN)):
        keeper = sessions.assume_role_with_saml(
            trail, at(f"{day} 11:10"), cast.SSO_ACCOUNTS, "keeper@example.com", saml
        )
        key = trail.dice.access_key("AKIA")
        issued = {"accessKey": {"userName": life.name, "accessKeyId": key, "status": "Active"}}
        named: Json = {"userName": life.name}
        trail.call(keeper, at(f"{day} 11:15"), "iam CreateAccessKey", named, response=issued)
        read_only: Json = named | {"policyArn": "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"}
        trail.call(keeper, at(f"{day} 11:16"), "iam AttachUserPolicy", read_only)
        worker = Caller(DEMO, cast.user(life, key), "198.51.100.12", "Boto3/1.38.23")
        for hour in range(13, 17):
            trail.call(worker, at(f"{day} {hour}:00"), "ec2 DescribeImages", {}, region="eu-west-1")
        trail.call(
            worker,
            at(f"{day} 17:00"),
            "ec2 CreateImage",
            error="Client.UnauthorizedOperation",
            region="eu-west-1",
        )
        leaver = sessions.assume_role_with_saml(
            trail, at(f"{day} 18:00") + timedelta(days=3), cast.SSO_ACCOUNTS, "keeper@example.com", saml
        )
        trail.call(leaver, at(f"{day} 18:05") + timedelta(days=3), "iam DeleteUser", named)
    for number in range(1, 13):  # the old `batch` works; the new one has not been used since it exists
        if number == 7:
            continue
        moment = at(f"06-{number:02} 03:00")
        name = trail.dice.hexadecimal(32)
        key, started = sessions.assume_role_for_service(
            trail, moment, cast.BATCH, "ecs-tasks", name, "eu-west-1"
        )
        identity = cast.assumed_role(cast.BATCH, name, key, started)
        task = Caller(DEMO, identity, "198.51.100.30", "Boto3/1.38.23 exec-env/AWS_ECS_FARGATE")
        trail.call(task, moment + timedelta(minutes=1), "sqs ListQueues", {}, region="eu-west-1")
        trail.call(
            task,
            moment + timedelta(minutes=2),
            "batch SubmitJob",
            {"jobName": "close-day"},
            region="eu-west-1",
        )
    keeper = sessions.assume_role_with_saml(
        trail, at("06-15 09:00"), cast.SSO_ACCOUNTS, "keeper@example.com", saml
    )
    trail.call(keeper, at("06-15 09:10"), "iam DeleteRole", {"roleName": "batch"})
    created = {"roleName": "batch", "roleId": cast.BATCH_AGAIN.id, "arn": cast.BATCH_AGAIN.arn, "path": "/"}
    trail.call(keeper, at("06-15 09:12"), "iam CreateRole", {"roleName": "batch"}, response={"role": created})
    return trail


def services() -> Trail:
    """What AWS does by itself: key rotation, deletion of a secret, bucket checks, anonymous readers."""
    trail = Trail("services")
    for day, account in (("05-30", DEMO), ("06-14", cast.BACKUP), ("06-27", DEMO)):
        key = f"arn:aws:kms:eu-west-1:{account}:key/{trail.dice.uuid()}"
        host = "kms.amazonaws.com"
        rotation = Caller(account, {"accountId": account, "invokedBy": host}, host, host)
        trail.call(
            rotation,
            at(f"{day} 04:10"),
            "kms RotateKey",
            region="eu-west-1",
            eventType="AwsServiceEvent",
            serviceEventDetails={"keyId": key},
            resources=[{"ARN": key, "accountId": account, "type": "AWS::KMS::Key"}],
        )
    for number in range(1, 30):
        if number == 7:
            continue
        host = "cloudtrail.amazonaws.com"
        checker = Caller(DEMO, cast.aws_service("cloudtrail"), host, host)
        logs: Json = {"bucketName": "demo-cloudtrail-logs", "acl": ""}
        trail.call(
            checker, at(f"06-{number:02} 00:30"), "s3 GetBucketAcl", logs, sharedEventID=trail.dice.uuid()
        )
    anonymous = Caller(
        cast.BACKUP, cast.other_account("", "ANONYMOUS_PRINCIPAL"), "192.0.2.200", "curl/8.14.1"
    )
    for day in ("06-01", "06-20"):
        trail.data_event(
            anonymous, at(f"{day} 16:40"), "s3 GetObject", "backup-public", "index.html", "us-east-1"
        )
    return trail
