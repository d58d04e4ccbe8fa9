"""Whether a call went through, was refused, or failed for another reason."""

import re

OUTCOMES = ("ok", "denied", "error")

# The families of refusals, as AWS's services write them: AccessDenied, AccessDeniedException,
# Client.UnauthorizedOperation (EC2), AuthorizationError (SNS), NotAuthorizedException, Forbidden.
_DENIED = re.compile(
    r"(?:client\.)?(?:accessdenied|.*unauthorized|authorizationerror|notauthorized|forbidden).*",
    re.IGNORECASE | re.DOTALL,
)


def outcome_of(error_code: str | None, has_message: bool) -> str:
    """Return `ok`, `denied` or `error` from `errorCode` and whether there is an `errorMessage`.

    A message without a code is an error too: a failed ConsoleLogin has `errorMessage` only
    (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html).
    """
    if not error_code:
        return "error" if has_message else "ok"
    return "denied" if _DENIED.fullmatch(error_code) else "error"
