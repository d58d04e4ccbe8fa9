"""Who did what in the sample: the facts that the classic answers and the session tables rest on."""

import json
from collections import Counter

from tests.data_files.sample_logs import (
    BACKUP,
    CUT_SHORT,
    DEMO,
    Record,
    calls,
    content,
    iam,
    in_role,
    issued_key,
    issuer,
    log_files,
    of_user,
)

DENIED = ("AccessDenied", "Unauthorized", "AuthorizationError", "Forbidden")


def test_alice_bob_and_charlie_are_the_users_of_demo(records: list[Record]) -> None:
    created = {user["UserName"]: user["CreateDate"] for user in iam("demo")["UserDetailList"]}
    assert created.keys() == {"alice", "bob", "charlie"}
    assert created["alice"] == "2017-09-02T18:02:14Z"
    assert created["charlie"] == "2017-10-01T01:01:01Z"
    ids = {user["UserName"]: user["UserId"] for user in iam("demo")["UserDetailList"]}
    seen = Counter(record["userIdentity"].get("principalId") for record in records)
    assert seen[ids["alice"]] > 0
    assert seen[ids["charlie"]] > 0


def test_bob_is_in_no_log() -> None:
    readable = [path for path in log_files() if not path.name.startswith(CUT_SHORT)]
    bob = next(user for user in iam("demo")["UserDetailList"] if user["UserName"] == "bob")
    texts = [content(path) for path in readable]
    assert not any(b"user/bob" in text or b'"bob' in text or bob["UserId"].encode() in text for text in texts)


def test_alice_succeeded_in_four_things(records: list[Record]) -> None:
    alice = of_user(records, "alice")
    assert calls(alice) == {
        ("monitoring", "DescribeAlarmHistory"),
        ("monitoring", "DescribeAlarms"),
        ("s3", "CreateBucket"),
        ("sts", "AssumeRole"),
    }
    never = {"DescribeAlarmsForMetric", "GetDashboard", "GetMetricData"}
    assert not never & {record["eventName"] for record in alice}
    buckets = [r for r in alice if r["eventName"] == "CreateBucket"]
    assert sorted((r["eventTime"][:10], r.get("errorCode")) for r in buckets) == [
        ("2026-05-27", None),
        ("2026-06-24", "AccessDenied"),
    ]


def test_alice_is_granted_the_alarms_and_no_bucket() -> None:
    account = iam("demo")
    documents = {
        policy["PolicyName"]: version["Document"]
        for policy in account["Policies"]
        for version in policy["PolicyVersionList"]
        if version["IsDefaultVersion"]
    }
    alice = next(user for user in account["UserDetailList"] if user["UserName"] == "alice")
    groups = [group for group in account["GroupDetailList"] if group["GroupName"] in alice["GroupList"]]
    names = [p["PolicyName"] for entry in [alice, *groups] for p in entry["AttachedManagedPolicies"]]
    statements = [statement for name in names for statement in documents[name]["Statement"]]
    granted = {action for statement in statements for action in statement["Action"]}
    assert "UserPolicyList" not in alice
    assert {action for action in granted if action.startswith("cloudwatch:")} == {
        "cloudwatch:DescribeAlarmHistory",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DescribeAlarmsForMetric",
        "cloudwatch:GetDashboard",
        "cloudwatch:GetMetricData",
    }
    assert "sts:AssumeRole" in granted
    assert {action for action in granted if action.startswith("s3:")} == {
        "s3:GetBucket*",
        "s3:GetEncryptionConfiguration",
        "s3:ListAllMyBuckets",
    }


def test_admin_of_demo_did_two_things_and_charlie_one_of_them(records: list[Record]) -> None:
    assert calls(in_role(records, DEMO, "admin")) == {("s3", "CreateBucket"), ("iam", "CreateUser")}
    keys = {issued_key(r) for r in of_user(records, "charlie") if r["eventName"] == "AssumeRole"} - {""}
    for account in (DEMO, BACKUP):
        sessions = [r for r in in_role(records, account, "admin") if r["userIdentity"]["accessKeyId"] in keys]
        assert calls(sessions) == {("s3", "CreateBucket")}
    alice = {issued_key(r) for r in of_user(records, "alice") if r["eventName"] == "AssumeRole"} - {""}
    as_admin = [r for r in in_role(records, DEMO, "admin") if r["userIdentity"]["accessKeyId"] in alice]
    assert calls(as_admin) == {("s3", "CreateBucket"), ("iam", "CreateUser")}


def test_every_kind_of_identity_and_event_is_there(records: list[Record]) -> None:
    kinds = {record["userIdentity"].get("type") for record in records}
    people = {"IAMUser", "AssumedRole", "FederatedUser", "Root", "IdentityCenterUser", "Unknown"}
    assert kinds == people | {"AWSAccount", "AWSService", "SAMLUser", "WebIdentityUser", None}
    events = {record["eventType"] for record in records}
    assert events == {"AwsApiCall", "AwsServiceEvent", "AwsConsoleSignIn"}
    assert {record["eventCategory"] for record in records} == {"Management", "Data"}
    names = {record["eventName"] for record in records}
    assert names > {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "SwitchRole",
        "ConsoleLogin",
    }
    assert names > {"GetFederationToken", "GetSessionToken"}
    assert "HIDDEN_DUE_TO_SECURITY_REASONS" in {record["userIdentity"].get("userName") for record in records}


def test_a_chain_leads_from_alice_through_three_roles_over_two_accounts(records: list[Record]) -> None:
    issued = {issued_key(record): record for record in records if issued_key(record)}
    restore = in_role(records, BACKUP, "restore")
    assert ("backup", "StartRestoreJob") in calls(restore)
    chain, key = [], restore[0]["userIdentity"]["accessKeyId"]
    while key in issued:
        # Both copies of a call across accounts name the key; the caller's copy says who called.
        copies = [r for r in records if issued_key(r) == key and r["userIdentity"]["type"] != "AWSAccount"]
        caller = copies[0]["userIdentity"]
        chain.append(issuer(copies[0]).get("userName") or caller["userName"])
        key = caller["accessKeyId"]
    assert chain == ["admin", "deploy", "alice"]


def test_calls_across_accounts_are_in_both_logs(records: list[Record]) -> None:
    copies: dict[str, list[Record]] = {}
    for record in records:
        if record["eventName"] == "AssumeRole" and "sharedEventID" in record:
            copies.setdefault(record["sharedEventID"], []).append(record)
    pairs = [pair for pair in copies.values() if len(pair) == 2]
    assert len(pairs) == 2
    for pair in pairs:
        assert {record["recipientAccountId"] for record in pair} == {DEMO, BACKUP}
        assert len({record["eventID"] for record in pair}) == 2
        owner = next(record for record in pair if record["recipientAccountId"] == BACKUP)
        assert owner["userIdentity"]["type"] == "AWSAccount"


def test_a_session_crosses_midnight(records: list[Record]) -> None:
    night = [
        r for r in in_role(records, DEMO, "admin") if r["userIdentity"]["arn"].endswith("/charlie-night")
    ]
    begun = {r["userIdentity"]["sessionContext"]["attributes"]["creationDate"][:10] for r in night}
    assert begun == {"2026-06-11"}
    assert {record["eventTime"][:10] for record in night} == {"2026-06-12"}


def test_names_were_deleted_and_created_again(records: list[Record]) -> None:
    contractors = {record["userIdentity"]["principalId"] for record in of_user(records, "contractor")}
    assert len(contractors) == 2
    batch = next(role for role in iam("demo")["RoleDetailList"] if role["RoleName"] == "batch")
    used = {issuer(record)["principalId"] for record in in_role(records, DEMO, "batch")}
    assert len(used) == 1
    assert batch["RoleId"] not in used
    assert batch["RoleLastUsed"] == {}


def test_roles_were_last_used_when_the_logs_say_so(records: list[Record]) -> None:
    for account in ("demo", "backup"):
        for role in iam(account)["RoleDetailList"]:
            uses = [r["eventTime"] for r in records if issuer(r).get("principalId") == role["RoleId"]]
            before = [when for when in uses if when < "2026-06-30T06:00:00Z"]
            last = role["RoleLastUsed"].get("LastUsedDate", "").removesuffix("+00:00").removesuffix("Z")
            assert last == max(before, default="").removesuffix("Z"), role["RoleName"]


def test_errors_are_refusals_and_failures(records: list[Record]) -> None:
    codes = {record.get("errorCode", "") for record in records}
    refusals = {code for code in codes if any(family in code for family in DENIED)}
    assert refusals >= {
        "AccessDenied",
        "AccessDeniedException",
        "Client.UnauthorizedOperation",
        "AuthorizationError",
    }
    assert codes - refusals >= {"NoSuchBucketPolicy", "NoSuchWebsiteConfiguration", "Throttling"}
    websites = [record for record in records if record["eventName"] == "GetBucketWebsite"]
    assert websites
    assert all(record["errorCode"] == "NoSuchWebsiteConfiguration" for record in websites)


def test_the_iam_file_of_demo_has_every_shape_of_policy() -> None:
    account = iam("demo")
    versions = [
        (policy["DefaultVersionId"], version)
        for policy in account["Policies"]
        for version in policy["PolicyVersionList"]
    ]
    newer = [v for default, v in versions if int(v["VersionId"][1:]) > int(default[1:])]
    assert newer
    text = json.dumps(account)
    assert '"NotAction"' in text
    assert '"Effect": "Deny"' in text
    assert '"PermissionsBoundaryArn"' in text
    assert any(isinstance(p["PolicyDocument"]["Statement"], dict)
               for user in account["UserDetailList"] for p in user.get("UserPolicyList", []))  # fmt: skip
    paths = {role["Path"] for role in account["RoleDetailList"]}
    assert any(path.startswith("/aws-service-role/") for path in paths)
    assert any(path.startswith("/aws-reserved/sso.amazonaws.com/") for path in paths)
    listed = {policy["Arn"] for policy in account["Policies"]}
    attached = {
        policy["PolicyArn"]
        for key in ("UserDetailList", "GroupDetailList", "RoleDetailList")
        for entry in account[key]
        for policy in entry["AttachedManagedPolicies"]
    }
    assert attached <= listed
