"""Whether a call went through, was refused, or failed for another reason."""

import re
from collections.abc import Mapping

OUTCOMES = ("ok", "denied", "error")

# The families of refusals, as AWS's services write them: AccessDenied, AccessDeniedException,
# Client.UnauthorizedOperation (EC2), AuthorizationError (SNS), NotAuthorizedException, Forbidden.
_DENIED = re.compile(
    r"(?:client\.)?(?:accessdenied|.*unauthorized|authorizationerror|notauthorized|forbidden).*",
    re.IGNORECASE | re.DOTALL,
)

# Codes of these families with which a service refuses, or may refuse, what IAM has allowed: such a call is no sign
# that the permission is not needed. What they mean is told by the API references of the services ("Errors").
_NOT_OF_IAM: Mapping[str, frozenset[str]] = {
    # A wrong password, token or provider, a web ACL, the trust of a role; IAM's refusal is AccessDeniedException.
    "cognito-idp": frozenset({"notauthorizedexception", "unauthorizedexception", "forbiddenexception"}),
    "cognito-identity": frozenset({"notauthorizedexception"}),
    "cognito-sync": frozenset({"notauthorizedexception"}),
    # AssociateVPCWithHostedZone: the owner of the zone has not authorised the association; IAM's refusals too.
    "route53": frozenset({"notauthorizedexception"}),
    # It is the role of DMS that has no access to an endpoint.
    "dms": frozenset({"accessdeniedfault"}),
    "redshift": frozenset({"unauthorizedpartnerintegration", "unauthorizedpartnerintegrationfault"}),
    "social-messaging": frozenset({"accessdeniedbymetaexception"}),
    # The action was allowed, but not iam:CreateServiceLinkedRole or iam:PassRole, which it needs besides.
    "organizations": frozenset({"accessdeniedfordependencyexception"}),
    "shield": frozenset({"accessdeniedfordependencyexception"}),
}


def outcome_of(event_source: str | None, error_code: str | None, has_message: bool) -> str:
    """Return `ok`, `denied` or `error` from `eventSource`, `errorCode` and whether there is an `errorMessage`.

    A message without a code is an error too: a failed ConsoleLogin has `errorMessage` only
    (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html).
    """
    if not error_code:
        return "error" if has_message else "ok"
    if not _DENIED.fullmatch(error_code):
        return "error"
    others = _NOT_OF_IAM.get((event_source or "").lower().partition(".")[0], frozenset())
    return "error" if error_code.lower() in others else "denied"
