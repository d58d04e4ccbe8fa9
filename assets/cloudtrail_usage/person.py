"""What a `userIdentity` says of the session that acted, and of the human being behind it."""

from assets.cloudtrail_usage.access_keys import TEMPORARY
from assets.cloudtrail_usage.identity import HIDDEN
from assets.cloudtrail_usage.records import UserIdentity

# Identity types that are sessions of a role or user, whatever credentials the record shows.
SESSION_TYPES = frozenset({"AssumedRole", "FederatedUser", "Role"})
# Roles of permission sets: Identity Center names their sessions after the user.
# https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
_IDENTITY_CENTER_ROLE = ":assumed-role/AWSReservedSSO_"
_SERVICE_ROLE = ":role/aws-service-role/"
# What ECS calls itself when it assumes the role of a task.
_ASSUMES_AS = {"ecs": "ecs-tasks"}


def is_session(who: UserIdentity) -> bool:
    """Say whether the call was made with temporary credentials."""
    key = who.access_key_id
    return who.type in SESSION_TYPES or (key is not None and key.startswith(TEMPORARY))


def person_of(who: UserIdentity) -> str:
    """Return the name of a human being that the identity holds, or "".

    That is the user name of a user (IAM, SAML, OIDC or Identity Center), the name given to
    GetFederationToken, the session's name where Identity Center chose it, or else `onBehalfOf.userId`.
    """
    name, arn = who.user_name, who.arn or ""
    if who.type == "FederatedUser":
        name = arn.partition(":federated-user/")[2]
    elif _IDENTITY_CENTER_ROLE in arn:
        name = arn.partition(_IDENTITY_CENTER_ROLE)[2].partition("/")[2]
    elif who.type in ("AssumedRole", "Role", "Root", "AWSService", "AWSAccount") or name == HIDDEN:
        name = ""
    return name or (who.on_behalf_of.user_id if who.on_behalf_of else None) or ""


def service_of_session(who: UserIdentity) -> str:
    """Return the AWS service that a session belongs to, where its own records say so, or "".

    An instance's (`ec2RoleDelivery`), a function's or task's (`inScopeOf`), a service-linked role's, or a
    call by a service (`invokedBy`) with no name of a session. A service that acts for somebody else's session
    keeps that session's name, and is not meant.
    """
    context = who.session_context
    if context is not None:
        if context.ec2_role_delivery is not None:
            return "ec2.amazonaws.com"
        issuer = context.session_issuer
        if issuer is not None and issuer.arn and _SERVICE_ROLE in issuer.arn:
            return issuer.arn.partition(_SERVICE_ROLE)[2].partition("/")[0]
    if who.in_scope_of is not None:
        return _service_of_resource(who.in_scope_of.credentials_issued_to, who.in_scope_of.issuer_type)
    if who.invoked_by and who.type in SESSION_TYPES and ":" not in (who.principal_id or ""):
        return who.invoked_by
    return ""


def _service_of_resource(arn: str | None, kind: str | None) -> str:
    # arn:aws:lambda:..., or else AWS::Lambda::Function.
    for text in (arn, kind):
        name = [*(text or "").split(":"), "", "", ""][2].lower()
        if name:
            return f"{_ASSUMES_AS.get(name, name)}.amazonaws.com"
    return ""
