"""The cast: the users and roles of both accounts, and `userIdentity` as CloudTrail writes it for each kind.

Source: CloudTrail User Guide, "CloudTrail userIdentity element".
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .dice import stable_id

DEMO = "111111111111"
BACKUP = "222222222222"
VENDOR = "333333333333"  # a third account, whose logs nobody here has

Json = dict[str, Any]


@dataclass(frozen=True)
class Principal:
    """A user or role; `generation` tells apart the lives of a name that was deleted and created again."""

    account: str
    kind: str
    name: str
    path: str = "/"
    generation: int = 1

    @property
    def id(self) -> str:
        """The unique id (AIDA... or AROA...), which a new life of the same name does not share."""
        prefix = "AIDA" if self.kind == "user" else "AROA"
        return stable_id(prefix, self.account, self.kind, self.name, str(self.generation))

    @property
    def arn(self) -> str:
        """The ARN, path included."""
        return f"arn:aws:iam::{self.account}:{self.kind}{self.path}{self.name}"


@dataclass(frozen=True)
class Caller:
    """Somebody who makes calls: the account whose log holds them, the identity, and where they come from."""

    account: str
    identity: Json
    address: str = "203.0.113.10"
    agent: str = (
        "aws-cli/2.27.41 md/awscrt#0.26.1 ua/2.1 os/linux#6.8 lang/python#3.13.4 cfg/retry-mode#standard"
    )
    console: bool = False
    extra: Json = field(default_factory=dict)


BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0"

ALICE = Principal(DEMO, "user", "alice")
BOB = Principal(DEMO, "user", "bob")  # exists and never calls
CHARLIE = Principal(DEMO, "user", "charlie")
CONTRACTOR = Principal(DEMO, "user", "contractor")
CONTRACTOR_AGAIN = Principal(DEMO, "user", "contractor", generation=2)
BACKUP_OPERATOR = Principal(BACKUP, "user", "backup-operator", path="/service/")

ADMIN = Principal(DEMO, "role", "admin")
DEPLOY = Principal(DEMO, "role", "deploy")
APP_SERVER = Principal(DEMO, "role", "app-server", path="/service/")
NIGHTLY_REPORT = Principal(DEMO, "role", "nightly-report", path="/service-role/")
CI = Principal(DEMO, "role", "ci")
AUDIT = Principal(DEMO, "role", "audit")
BATCH = Principal(DEMO, "role", "batch")
BATCH_AGAIN = Principal(DEMO, "role", "batch", generation=2)
BREAK_GLASS = Principal(DEMO, "role", "break-glass")
VENDOR_SCANNER = Principal(DEMO, "role", "vendor-scanner")
SSO_PATH = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
SSO_DEVELOPER = Principal(DEMO, "role", "AWSReservedSSO_Developer_4f1c0a9d2b7e8365", path=SSO_PATH)
SSO_ACCOUNTS = Principal(DEMO, "role", "AWSReservedSSO_AccountKeeper_90b3d6e1f2a47c58", path=SSO_PATH)
AUTO_SCALING = Principal(
    DEMO, "role", "AWSServiceRoleForAutoScaling", path="/aws-service-role/autoscaling.amazonaws.com/"
)
BACKUP_ADMIN = Principal(BACKUP, "role", "admin")
RESTORE = Principal(BACKUP, "role", "restore")
SUPPORT = Principal(BACKUP, "role", "support")
BACKUP_SERVICE = Principal(BACKUP, "role", "backup-service", path="/service-role/")

IDENTITY_STORE = f"arn:aws:identitystore::{DEMO}:identitystore/d-90670a1b2c"


def stamp(when: datetime) -> str:
    """Return a time as CloudTrail writes it: UTC, whole seconds."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(principal: Principal, key: str = "") -> Json:
    """Return the identity of a user with a long-term access key, or none (sign-in events)."""
    identity = {
        "type": "IAMUser",
        "principalId": principal.id,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": key,
        "userName": principal.name,
    }
    return identity if key else {name: value for name, value in identity.items() if name != "accessKeyId"}


def user_session(principal: Principal, key: str, started: datetime) -> Json:
    """Return the identity of a user whose temporary key comes from GetSessionToken with MFA."""
    return user(principal, key) | {"sessionContext": _context({}, started, mfa=True)}


def assumed_role(role: Principal, session: str, key: str, started: datetime, **context: Any) -> Json:
    """Return the identity of a role session; `context` goes into its sessionContext (sourceIdentity, ...)."""
    mfa = bool(context.pop("mfa", False))
    issuer = {
        "type": "Role",
        "principalId": role.id,
        "arn": role.arn,
        "accountId": role.account,
        "userName": role.name,
    }
    return {
        "type": "AssumedRole",
        "principalId": f"{role.id}:{session}",
        "arn": f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session}",
        "accountId": role.account,
        "accessKeyId": key,
        "sessionContext": _context(issuer, started, mfa=mfa) | context,
    }


def federated_user(issuer: Principal, name: str, key: str, started: datetime) -> Json:
    """Return the identity behind a key that GetFederationToken issued."""
    issuing = {
        "type": "IAMUser",
        "principalId": issuer.id,
        "arn": issuer.arn,
        "accountId": issuer.account,
        "userName": issuer.name,
    }
    return {
        "type": "FederatedUser",
        "principalId": f"{issuer.account}:{name}",
        "arn": f"arn:aws:sts::{issuer.account}:federated-user/{name}",
        "accountId": issuer.account,
        "accessKeyId": key,
        "sessionContext": _context(issuing, started, mfa=False),
    }


def root(account: str, key: str, started: datetime) -> Json:
    """Return the identity of an account's root user, signed in with MFA."""
    return {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": _context({}, started, mfa=True),
    }


def other_account(principal_id: str, account: str) -> Json:
    """Return how the owner of a role or bucket sees a caller of another account."""
    return {"type": "AWSAccount", "principalId": principal_id, "accountId": account}


def aws_service(name: str) -> Json:
    """Return the identity of an AWS service that acts for itself."""
    return {"type": "AWSService", "invokedBy": f"{name}.amazonaws.com"}


def identity_center_user(user_id: str) -> Json:
    """Return the identity of somebody who uses IAM Identity Center itself (no role yet)."""
    return {
        "type": "IdentityCenterUser",
        "accountId": DEMO,
        "onBehalfOf": {"userId": user_id, "identityStoreArn": IDENTITY_STORE},
        "credentialId": stable_id("", "credential", user_id),
    }


def _context(issuer: Json, started: datetime, *, mfa: bool) -> Json:
    attributes = {"creationDate": stamp(started), "mfaAuthenticated": "true" if mfa else "false"}
    return {"sessionIssuer": issuer, "webIdFederationData": {}, "attributes": attributes}
