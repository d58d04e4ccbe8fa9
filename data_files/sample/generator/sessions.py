"""Every way to a temporary key that CloudTrail records: the call that issues it, and the caller it makes.

Source: IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from datetime import datetime, timedelta
from typing import Any

from . import cast
from .cast import BROWSER, Caller, Json, Principal
from .trail import Trail

_TOKEN = "IQoJb3JpZ2luX2VjEXAMPLETOKEN"
GITHUB = "token.actions.githubusercontent.com"


def assume_role(
    trail: Trail,
    caller: Caller,
    when: datetime,
    role: Principal,
    session: str,
    source_identity: str = "",
    **call: Any,
) -> Caller:
    """AssumeRole; across accounts the owner of the role gets a copy that shares the sharedEventID."""
    key = trail.dice.access_key()
    parameters: Json = {"roleArn": role.arn, "roleSessionName": session}
    if source_identity:
        parameters["sourceIdentity"] = source_identity
    response = _response(role, session, key, when) | (
        {"sourceIdentity": source_identity} if source_identity else {}
    )
    fields = call | {"response": response, "resources": _role_resource(role)}
    if caller.account == role.account:
        trail.call(caller, when, "sts AssumeRole", parameters, **fields)
    else:
        shared = trail.dice.uuid()
        trail.call(caller, when, "sts AssumeRole", parameters, sharedEventID=shared, **fields)
        seen = cast.other_account(caller.identity["principalId"], caller.account)
        owner = Caller(role.account, seen, caller.address, caller.agent)
        trail.call(owner, when, "sts AssumeRole", parameters, sharedEventID=shared, **fields)
    context = {"sourceIdentity": source_identity} if source_identity else {}
    return Caller(
        role.account, cast.assumed_role(role, session, key, when, **context), caller.address, caller.agent
    )


def assume_role_from_outside(
    trail: Trail, when: datetime, role: Principal, account: str, caller_id: str, session: str
) -> Caller:
    """AssumeRole by an account whose own logs are not here: only the role owner's copy exists."""
    key = trail.dice.access_key()
    outside = Caller(role.account, cast.other_account(caller_id, account), "198.51.100.77", "Boto3/1.38.23")
    trail.call(
        outside,
        when,
        "sts AssumeRole",
        {
            "roleArn": role.arn,
            "roleSessionName": session,
            "externalId": "contract-17",
            "durationSeconds": 3600,
        },
        response=_response(role, session, key, when),
        resources=_role_resource(role),
        sharedEventID=trail.dice.uuid(),
    )
    return Caller(role.account, cast.assumed_role(role, session, key, when), outside.address, outside.agent)


def assume_role_for_service(
    trail: Trail, when: datetime, role: Principal, service: str, session: str, region: str
) -> tuple[str, datetime]:
    """AssumeRole by a service that runs the role's code; return the issued key and when it was issued."""
    key = trail.dice.access_key()
    host = f"{service}.amazonaws.com"
    trail.call(
        Caller(role.account, cast.aws_service(service), host, host),
        when,
        "sts AssumeRole",
        {"roleArn": role.arn, "roleSessionName": session},
        region=region,
        response=_response(role, session, key, when, hours=6),
        resources=_role_resource(role),
        sharedEventID=trail.dice.uuid(),
    )
    return key, when


def assume_role_with_saml(
    trail: Trail, when: datetime, role: Principal, session: str, provider: str, region: str = "us-east-1"
) -> Caller:
    """AssumeRoleWithSAML; Identity Center signs its people in the same way."""
    key = trail.dice.access_key()
    provider_arn = f"arn:aws:iam::{role.account}:saml-provider/{provider}"
    identity = {
        "type": "SAMLUser",
        "principalId": f"{trail.dice.hexadecimal(24)}:{session}",
        "userName": session,
        "identityProvider": trail.dice.hexadecimal(24),
    }
    trail.call(
        Caller(role.account, identity, "203.0.113.40", BROWSER),
        when,
        "sts AssumeRoleWithSAML",
        {
            "sAMLAssertionID": f"_{trail.dice.uuid()}",
            "roleSessionName": session,
            "roleArn": role.arn,
            "principalArn": provider_arn,
            "durationSeconds": 43200,
        },
        region=region,
        response=_response(role, session, key, when, hours=12)
        | {"subject": session, "subjectType": "persistent", "audience": "https://signin.aws.amazon.com/saml"},
        resources=[*_role_resource(role), {"accountId": role.account, "ARN": provider_arn}],
    )
    return Caller(
        role.account, cast.assumed_role(role, session, key, when), "203.0.113.40", BROWSER, console=True
    )


def assume_role_with_web_identity(
    trail: Trail, when: datetime, role: Principal, session: str, subject: str, region: str
) -> Caller:
    """AssumeRoleWithWebIdentity with the OIDC token of a GitHub workflow."""
    key = trail.dice.access_key()
    provider = f"arn:aws:iam::{role.account}:oidc-provider/{GITHUB}"
    identity = {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:sts.amazonaws.com:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }
    agent = "aws-sdk-js/3.826.0 os/linux#6.11 md/nodejs#20.19.2 configure-aws-credentials-for-github-actions"
    address = f"192.0.2.{trail.dice.number(20, 90)}"
    trail.call(
        Caller(role.account, identity, address, agent),
        when,
        "sts AssumeRoleWithWebIdentity",
        {"roleArn": role.arn, "roleSessionName": session, "durationSeconds": 3600},
        region=region,
        response=_response(role, session, key, when)
        | {"subjectFromWebIdentityToken": subject, "provider": provider, "audience": "sts.amazonaws.com"},
        resources=_role_resource(role),
    )
    federation = {"federatedProvider": provider, "attributes": {}}
    signed_in = cast.assumed_role(role, session, key, when, webIdFederationData=federation)
    return Caller(role.account, signed_in, address, "aws-cli/2.27.41 md/github-actions")


def switch_role(trail: Trail, caller: Caller, when: datetime, role: Principal) -> Caller:
    """SwitchRole in the console: a sign-in event of the role's account; the caller's has no record."""
    session = caller.identity["userName"]
    identity = cast.assumed_role(role, session, "", when)
    identity = {name: identity[name] for name in ("type", "principalId", "arn", "accountId")}
    trail.call(
        Caller(role.account, identity, caller.address, BROWSER),
        when,
        "signin SwitchRole",
        response={"SwitchRole": "Success"},
        additionalEventData={
            "SwitchFrom": caller.identity["arn"],
            "RedirectTo": "https://us-east-1.console.aws.amazon.com/backup/home",
        },
        eventType="AwsConsoleSignIn",
    )
    key = trail.dice.access_key()
    return Caller(
        role.account, cast.assumed_role(role, session, key, when), caller.address, BROWSER, console=True
    )


def get_session_token(trail: Trail, caller: Caller, when: datetime, principal: Principal) -> Caller:
    """GetSessionToken with MFA: the same user goes on with a temporary key."""
    key = trail.dice.access_key()
    serial = f"arn:aws:iam::{principal.account}:mfa/{principal.name}"
    trail.call(
        caller,
        when,
        "sts GetSessionToken",
        {"serialNumber": serial, "durationSeconds": 43200},
        response={"credentials": _credentials(key, when, hours=12)},
    )
    return Caller(principal.account, cast.user_session(principal, key, when), caller.address, caller.agent)


def get_federation_token(
    trail: Trail, caller: Caller, when: datetime, issuer: Principal, name: str
) -> Caller:
    """GetFederationToken: a federated user with a part of the issuer's permissions."""
    key = trail.dice.access_key()
    arn = f"arn:aws:sts::{issuer.account}:federated-user/{name}"
    trail.call(
        caller,
        when,
        "sts GetFederationToken",
        {"name": name, "durationSeconds": 7200},
        response={
            "credentials": _credentials(key, when, hours=2),
            "federatedUser": {"federatedUserId": f"{issuer.account}:{name}", "arn": arn},
            "packedPolicySize": 6,
        },
    )
    return Caller(issuer.account, cast.federated_user(issuer, name, key, when), caller.address, caller.agent)


def _response(role: Principal, session: str, key: str, when: datetime, hours: int = 1) -> Json:
    assumed = cast.assumed_role(role, session, key, when)
    return {
        "credentials": _credentials(key, when, hours),
        "assumedRoleUser": {"assumedRoleId": assumed["principalId"], "arn": assumed["arn"]},
    }


def _credentials(key: str, when: datetime, hours: int) -> Json:
    expiration = (when + timedelta(hours=hours)).strftime("%b %-d, %Y, %-I:%M:%S %p")
    return {"accessKeyId": key, "sessionToken": _TOKEN, "expiration": expiration}


def _role_resource(role: Principal) -> list[Json]:
    return [{"accountId": role.account, "type": "AWS::IAM::Role", "ARN": role.arn}]
