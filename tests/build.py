"""Small accounts for tests: IAM files and CloudTrail logs in AWS's own shapes, written where a test wants them."""

import gzip
import hashlib
import itertools
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

ACCOUNT = "111111111111"
_counter = itertools.count(1)


def user(name: str, *statements: dict[str, Any], account: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    """Return an entry of UserDetailList with one inline policy."""
    return {
        "Path": "/",
        "UserName": name,
        "UserId": principal_id("AIDA", name),
        "Arn": f"arn:aws:iam::{account}:user/{name}",
        "CreateDate": "2020-01-01T00:00:00Z",
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "UserPolicyList": [_inline(statements)] if statements else [],
        **more,
    }


def role(name: str, *statements: dict[str, Any], account: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    """Return an entry of RoleDetailList with one inline policy."""
    return {
        "Path": "/",
        "RoleName": name,
        "RoleId": principal_id("AROA", name),
        "Arn": f"arn:aws:iam::{account}:role/{name}",
        "CreateDate": "2020-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
        "RolePolicyList": [_inline(statements)] if statements else [],
        "AttachedManagedPolicies": [],
        **more,
    }


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    """Return an Allow statement on all resources."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def iam(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the output of get-account-authorization-details that holds those users and roles."""
    return {
        "UserDetailList": [entry for entry in entries if "UserName" in entry],
        "RoleDetailList": [entry for entry in entries if "RoleName" in entry],
        "GroupDetailList": [],
        "Policies": [],
        **more,
    }


def record(principal: dict[str, Any], call: str, at: str, **more: Any) -> dict[str, Any]:
    """Return a CloudTrail record: `call` is `s3:GetObject`, `at` the eventTime."""
    source, _, name = call.partition(":")
    return {
        "eventVersion": "1.11",
        "userIdentity": identity(principal),
        "eventTime": at,
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "aws-cli/2",
        "requestParameters": None,
        "responseElements": None,
        "eventID": event_id(),
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        **more,
    }


def identity(principal: dict[str, Any], session: str = "session") -> dict[str, Any]:
    """Return the userIdentity that CloudTrail writes for a user, or for a session of a role."""
    account = principal["Arn"].split(":")[4]
    if "UserName" in principal:
        return {
            "type": "IAMUser",
            "principalId": principal["UserId"],
            "arn": principal["Arn"],
            "accountId": account,
            "userName": principal["UserName"],
        }
    return {
        "type": "AssumedRole",
        "principalId": f"{principal['RoleId']}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{principal['RoleName']}/{session}",
        "accountId": account,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal["RoleId"],
                "arn": principal["Arn"],
                "accountId": account,
                "userName": principal["RoleName"],
            }
        },
    }


def event_id() -> str:
    """Return an eventID that was not given before."""
    text = hashlib.sha256(str(next(_counter)).encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"


def principal_id(prefix: str, name: str) -> str:
    """Return a unique id as IAM makes them, always the same for the same name."""
    return prefix + hashlib.sha256(name.encode()).hexdigest()[:17].upper()


def log_file(
    root: Path,
    records: list[Any] | bytes,
    *,
    day: date | None = None,
    account: str = ACCOUNT,
    region: str = "us-east-1",
    name: str | None = None,
) -> Path:
    """Write a log file into the folder of its delivery day; bytes are written as they are."""
    delivered = day or datetime.fromisoformat(records[0]["eventTime"]).date()  # type: ignore[index,call-overload]
    folder = root / "AWSLogs" / account / "CloudTrail" / region / f"{delivered:%Y/%m/%d}"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = f"{account}_CloudTrail_{region}_{delivered:%Y%m%d}T0000Z_{next(_counter):016d}.json.gz"
    path = folder / (name or stamp)
    packed = isinstance(records, bytes) or path.suffix != ".gz"
    text = records if isinstance(records, bytes) else json.dumps({"Records": records}).encode()
    path.write_bytes(text if packed else gzip.compress(text, mtime=0))
    return path


def _inline(statements: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {
        "PolicyName": "inline",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
    }
