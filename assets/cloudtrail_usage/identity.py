"""Whom an event is attributed to: `userIdentity` to one principal, never to a session.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from typing import NamedTuple

from assets.cloudtrail_usage.records import Issuer, UserIdentity

PRINCIPAL_TYPES = (
    "user",
    "role",
    "root",
    "account",
    "service",
    "saml_user",
    "web_identity_user",
    "identity_center_user",
    "unknown",
)

# What CloudTrail writes for a sign-in with a user name that does not exist (it may be a password).
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


class Principal(NamedTuple):
    """Who did it. Text, "" where the log does not say; `type` is one of `PRINCIPAL_TYPES`.

    `arn` is that of the user or role, never of an STS session; of a service it is the service's name.
    """

    arn: str
    id: str
    account: str
    type: str


def principal_of(identity: UserIdentity, region: str) -> Principal:
    """Return the principal behind a `userIdentity`; `region` names the partition where no ARN does.

    Of a session whose issuer has ARN, id and account, nothing but type and issuer is looked at.
    """
    match identity.type:
        case "IAMUser":
            return _user(identity, region)
        case "AssumedRole" | "Role":
            return _role(identity, region)
        case "FederatedUser":
            return _federated(identity)
        case "Root":
            account = identity.account_id or account_in(identity.arn)
            root = f"arn:{partition_of(region)}:iam::{account}:root" if account else ""
            arn = stable_arn(identity.arn) or root
            return Principal(arn, _without_session(identity.principal_id) or account, account, "root")
        case "AWSAccount":
            return _named(identity, "account")
        case "AWSService":
            return _service(identity)
        case "SAMLUser":
            return _named(identity, "saml_user")
        case "WebIdentityUser":
            return _named(identity, "web_identity_user")
        case "IdentityCenterUser":
            return _identity_center_user(identity)
        case None if identity.invoked_by and not (identity.arn or identity.principal_id):
            return _service(identity)
        case _:
            return _named(identity, "unknown")


def _user(identity: UserIdentity, region: str) -> Principal:
    account = identity.account_id or account_in(identity.arn)
    arn = "" if (identity.arn or "").endswith(HIDDEN) else stable_arn(identity.arn)
    # ARN and id say who it is also where the name is hidden.
    if identity.user_name == HIDDEN and not (arn or identity.principal_id):
        return Principal("", "", account, "unknown")
    if not arn and account and (name := _user_name(identity)):
        arn = f"arn:{partition_of(region)}:iam::{account}:user/{name}"
    return Principal(arn, _without_session(identity.principal_id), account, "user")


def _role(identity: UserIdentity, region: str) -> Principal:
    issuer = _issuer(identity)
    account = issuer.account_id or account_in(issuer.arn) or identity.account_id or account_in(identity.arn)
    arn = stable_arn(issuer.arn or identity.arn)
    if not issuer.arn and not arn and account and issuer.user_name:
        arn = f"arn:{partition_of(region)}:iam::{account}:role/{issuer.user_name}"
    return Principal(arn, _without_session(issuer.principal_id or identity.principal_id), account, "role")


def _federated(identity: UserIdentity) -> Principal:
    # GetFederationToken can be called by a user and by root; the session acts with the caller's permissions.
    issuer = _issuer(identity)
    if not (issuer.arn or issuer.principal_id):
        return _named(identity, "unknown")
    kind = {"IAMUser": "user", "Root": "root", "Role": "role"}.get(issuer.type or "", "unknown")
    account = issuer.account_id or account_in(issuer.arn) or identity.account_id or ""
    return Principal(stable_arn(issuer.arn), _without_session(issuer.principal_id), account, kind)


def _service(identity: UserIdentity) -> Principal:
    return Principal(identity.invoked_by or identity.principal_id or "", "", "", "service")


def _identity_center_user(identity: UserIdentity) -> Principal:
    user = identity.on_behalf_of.user_id if identity.on_behalf_of else None
    named = _named(identity, "identity_center_user")
    return named._replace(id=user or named.id)


def _named(identity: UserIdentity, kind: str) -> Principal:
    """Take whatever is stable: the ARN if it is no session's, the id without a role session's name."""
    return Principal(
        arn=stable_arn(identity.arn),
        id=_without_session(identity.principal_id) or _user_name(identity),
        account=identity.account_id or account_in(identity.arn),
        type=kind,
    )


def _user_name(identity: UserIdentity) -> str:
    return "" if identity.user_name == HIDDEN else identity.user_name or ""


def _issuer(identity: UserIdentity) -> Issuer:
    context = identity.session_context
    return (context.session_issuer if context else None) or Issuer()


def stable_arn(arn: str | None) -> str:
    """Return an ARN that outlives sessions: a session of a role becomes the role (its path is not known)."""
    parts = (arn or "").split(":", 5)
    if len(parts) < 6 or parts[2] != "sts":
        return arn or ""
    kind, _, rest = parts[5].partition("/")
    role = rest.partition("/")[0]
    return f"arn:{parts[1]}:iam::{parts[4]}:role/{role}" if kind == "assumed-role" and role else ""


def _without_session(principal_id: str | None) -> str:
    # Only a role's id (AROA...) is followed by a session's name; ids of other kinds have colons of their own.
    if principal_id and principal_id.startswith("AROA"):
        return principal_id.partition(":")[0]
    return principal_id or ""


def account_in(arn: str | None) -> str:
    """Return the account in an ARN, or ""."""
    parts = (arn or "").split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def partition_of(region: str) -> str:
    """Return the ARN partition of a region: `aws`, `aws-cn`, `aws-us-gov` or an isolated one."""
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}
    prefixes |= {"eu-isoe-": "aws-iso-e", "us-isof-": "aws-iso-f", "eusc-": "aws-eusc"}
    return next((name for prefix, name in prefixes.items() if region.startswith(prefix)), "aws")
