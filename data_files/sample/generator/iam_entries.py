"""Entries of `aws iam get-account-authorization-details`, one function a kind.

Source: IAM API Reference, GetAccountAuthorizationDetails.
"""

from collections.abc import Iterable
from typing import Any

from .cast import Json, Principal
from .dice import stable_id
from .trail import Delivery

TAKEN_AT = "2026-06-30T06:00:00Z"


def statement(actions: Any, resources: Any = "*", effect: str = "Allow", **elements: Any) -> Json:
    """Return a statement; `elements` adds Sid or Condition, or NotAction in the place of Action."""
    body: Json = {"Effect": effect, "Action": actions, "Resource": resources} | elements
    if actions is None:
        del body["Action"]
    return body


def document(*statements: Json) -> Json:
    """Return a policy document with a list of statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(principal: Json, action: str = "sts:AssumeRole", **elements: Any) -> Json:
    """Return a trust policy with one statement."""
    return document({"Effect": "Allow", "Principal": principal, "Action": action} | elements)


def policy(
    arn: str, versions: list[tuple[str, str, Json]], default: str, attached: int, boundaries: int = 0
) -> Json:
    """Return a managed policy; versions are (VersionId, CreateDate, document), newest first."""
    path, _, name = arn.partition(":policy/")[2].rpartition("/")
    return {
        "PolicyName": name,
        "PolicyId": stable_id("ANPA", arn),
        "Arn": arn,
        "Path": f"/{path}/" if path else "/",
        "DefaultVersionId": default,
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": boundaries,
        "IsAttachable": True,
        "CreateDate": versions[-1][1],
        "UpdateDate": versions[0][1],
        "PolicyVersionList": [
            {
                "Document": body,
                "VersionId": version,
                "IsDefaultVersion": version == default,
                "CreateDate": created,
            }
            for version, created, body in versions
        ],
    }


def attached(*arns: str) -> list[Json]:
    """Return the AttachedManagedPolicies of an entry."""
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]


def inline(**documents: Json) -> list[Json]:
    """Return a UserPolicyList, GroupPolicyList or RolePolicyList."""
    return [{"PolicyName": name, "PolicyDocument": body} for name, body in documents.items()]


def user(who: Principal, created: str, groups: list[str], policies: list[Json], own: list[Json]) -> Json:
    """Return a UserDetail."""
    entry: Json = {
        "Path": who.path,
        "UserName": who.name,
        "UserId": who.id,
        "Arn": who.arn,
        "CreateDate": created,
    }
    if own:  # AWS leaves the key out where there is no inline policy
        entry["UserPolicyList"] = own
    return entry | {"GroupList": groups, "AttachedManagedPolicies": policies, "Tags": []}


def group(account: str, name: str, created: str, policies: list[Json], own: list[Json]) -> Json:
    """Return a GroupDetail."""
    return {
        "Path": "/",
        "GroupName": name,
        "GroupId": stable_id("AGPA", account, name),
        "Arn": f"arn:aws:iam::{account}:group/{name}",
        "CreateDate": created,
        "GroupPolicyList": own,
        "AttachedManagedPolicies": policies,
    }


def role(
    who: Principal,
    created: str,
    trusted: Json,
    policies: list[Json],
    own: list[Json],
    deliveries: Iterable[Delivery],
    **keys: Any,
) -> Json:
    """Return a RoleDetail; RoleLastUsed is what the logs say up to the time of the snapshot."""
    return {
        "Path": who.path,
        "RoleName": who.name,
        "RoleId": who.id,
        "Arn": who.arn,
        "CreateDate": created,
        "AssumeRolePolicyDocument": trusted,
        "InstanceProfileList": [],
        "RolePolicyList": own,
        "AttachedManagedPolicies": policies,
        "Tags": [],
        "RoleLastUsed": _last_used(who, deliveries, created[19:]),
    } | keys


def _last_used(who: Principal, deliveries: Iterable[Delivery], zone: str) -> Json:
    uses = [
        (delivery.record["eventTime"], delivery.region)
        for delivery in deliveries
        if delivery.record["eventTime"] < TAKEN_AT
        and delivery.record["userIdentity"]
        .get("sessionContext", {})
        .get("sessionIssuer", {})
        .get("principalId")
        == who.id
    ]
    if not uses:
        return {}
    when, region = max(uses)
    return {"LastUsedDate": when.removesuffix("Z") + zone, "Region": region}
