"""Who did it: `userIdentity` to one principal.

DESIGN 3, Usage; AWS CloudTrail User Guide, "CloudTrail userIdentity element"; tests/cases/identities has the record
that each rule is from.
"""

from typing import Any, NamedTuple

Json = dict[str, Any]

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_KINDS = {
    "AWSAccount": "account",
    "SAMLUser": "saml_user",
    "WebIdentityUser": "web_identity_user",
    "IdentityCenterUser": "identity_center_user",
}
_ISSUERS = {"IAMUser": "user", "Root": "root", "Role": "role"}


class Who(NamedTuple):
    """The principal, text throughout; "" where the log does not say. Data dictionary, cloudtrail_usage."""

    arn: str
    id: str
    account: str
    kind: str


def who_did_it(identity: Json, region: str) -> Who:
    """Return the principal of a `userIdentity` in the logs of a region."""
    said = {key: value or "" for key, value in identity.items()}
    kind = said.get("type", "")
    arn, id_, name = said.get("arn", ""), said.get("principalId", ""), said.get("userName", "")
    account = said.get("accountId", "") or _account(arn)
    issuer = (said.get("sessionContext") or {}).get("sessionIssuer") or {}
    if kind == "AWSService" or (not kind and said.get("invokedBy") and not arn and not id_):
        # The service's name stands for its ARN.
        return Who(said.get("invokedBy", "") or id_, "", "", "service")
    if kind in ("AssumedRole", "Role"):
        # A role's use is found by sessionIssuer; without one, by what the session's ARN and id say of the role.
        owner = issuer.get("accountId") or _account(issuer.get("arn", "")) or account
        role = _lasting(issuer.get("arn") or arn)
        if not role and owner and issuer.get("userName"):
            role = f"arn:{_partition(region)}:iam::{owner}:role/{issuer['userName']}"
        return Who(role, _without_session(issuer.get("principalId") or id_), owner, "role")
    if kind == "FederatedUser" and (issuer.get("arn") or issuer.get("principalId")):
        # Who called GetFederationToken, also where only the id is logged.
        owner = issuer.get("accountId") or _account(issuer.get("arn", "")) or account
        return Who(
            _lasting(issuer.get("arn") or ""),
            _without_session(issuer.get("principalId") or ""),
            owner,
            _ISSUERS.get(issuer.get("type") or "", "unknown"),
        )
    if kind == "Root":
        root = f"arn:{_partition(region)}:iam::{account}:root" if account else ""
        return Who(_lasting(arn) or root, id_ or account, account, "root")
    if kind == "IAMUser":
        return _user(arn, id_, name, account, region)
    user = (said.get("onBehalfOf") or {}).get("userId") if kind == "IdentityCenterUser" else ""
    # DESIGN 3: HIDDEN_DUE_TO_SECURITY_REASONS is not a user.
    id_ = user or _without_session(id_) or ("" if name == HIDDEN else name)
    return Who(_lasting(arn), id_, account, _KINDS.get(kind, "unknown"))


def _user(arn: str, id_: str, name: str, account: str, region: str) -> Who:
    """A user's use is found by arn and principalId; a name that hides is made no part of an ARN."""
    arn = "" if arn.endswith(HIDDEN) else _lasting(arn)
    if name == HIDDEN and not arn and not id_:
        return Who("", "", account, "unknown")
    if not arn and account and name not in ("", HIDDEN):
        arn = f"arn:{_partition(region)}:iam::{account}:user/{name}"
    return Who(arn, _without_session(id_), account, "user")


def _lasting(arn: str) -> str:
    """Return an ARN of IAM: of a role's session the role (without its path), of another session none.

    Data dictionary, cloudtrail_usage.principal_arn: never of an STS session.
    """
    if ":sts:" not in arn:
        return arn
    partition, account = arn.split(":")[1], arn.split(":")[4]
    kind, _, rest = arn.split(":", 5)[5].partition("/")
    return (
        f"arn:{partition}:iam::{account}:role/{rest.split('/')[0]}" if kind == "assumed-role" and rest else ""
    )


def _without_session(id_: str) -> str:
    return id_.partition(":")[0] if id_.startswith("AROA") else id_


def _account(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") >= 5 else ""


def _partition(region: str) -> str:
    """DESIGN 3, Usage: every region, GovCloud and China included."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
