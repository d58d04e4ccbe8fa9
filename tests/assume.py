"""Records of roles taken on: AssumeRole and what follows it, for tests of who is behind a session."""

from typing import Any

from tests.build import ACCOUNT, identity, principal_id, record

Who = dict[str, Any]


def assume(
    who: Who, role: dict[str, Any], at: str, session: str, key: str
) -> tuple[list[dict[str, Any]], Who]:
    """Return the records of an AssumeRole, by account, and the userIdentity of the session that it begins.

    `who` is the caller's userIdentity; a role of another account has a copy of the record in its own log.
    """
    home, there = who["accountId"], role["Arn"].split(":")[4]
    begun = identity(role, session) | {"accessKeyId": key}
    begun["sessionContext"]["attributes"] = {"creationDate": at, "mfaAuthenticated": "false"}
    about: dict[str, Any] = {
        "requestParameters": {"roleArn": role["Arn"], "roleSessionName": session},
        "responseElements": {
            "credentials": {
                "accessKeyId": key,
                "sessionToken": "x",
                "expiration": "Jun 30, 2026, 11:00:00 PM",
            },
            "assumedRoleUser": {"assumedRoleId": begun["principalId"], "arn": begun["arn"]},
        },
    }
    if home != there:
        about["sharedEventID"] = principal_id("shared-", f"{key}{at}")
    records = [by(who, "sts:AssumeRole", at, recipientAccountId=home, **about)]
    if home != there:
        stranger = {"type": "AWSAccount", "principalId": who["principalId"], "accountId": home}
        records.append(by(stranger, "sts:AssumeRole", at, recipientAccountId=there, **about))
    return records, begun


def by(who: Who, call: str, at: str, **more: Any) -> dict[str, Any]:
    """Return the record of a call by that userIdentity, in the log of its account."""
    template = {"UserName": "x", "UserId": "x", "Arn": f"arn:aws:iam::{ACCOUNT}:user/x"}
    return record(template, call, at, userIdentity=who, **{"recipientAccountId": who["accountId"], **more})


def with_key(user: dict[str, Any], key: str = "AKIAEXAMPLE") -> Who:
    """Return the userIdentity of a user with a long-term key."""
    return identity(user) | {"accessKeyId": key}
