"""What went wrong at AWS, in words: whose data, which call, AWS's reason, and what to do.

Messages never hold what AWS says of a wrong signature: it repeats the signed headers, session token included.
The classes of botocore are known by their names, so that nothing imports it before it is needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from assets.aws_access.codes import EXPIRED, NO_CREDENTIALS, WRONG_KEYS
from assets.errors import CloudTrackerError, InputError, RunError

_DENIED = ("AccessDenied", "Unauthorized", "AuthorizationError", "NotAuthorized", "Forbidden")
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
}
_NO_ORGANIZATION = {"AWSOrganizationsNotInUseException"}
_SIGN_IN = ("SSO", "TokenRetrieval", "Login", "RefreshTokenRequired")
_UNREACHABLE = {
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ConnectionClosedError",
    "ConnectionError",
    "ProxyConnectionError",
    "SSLError",
    "HTTPClientError",
}
GIVE = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a 'profile' in the configuration"


@contextmanager
def in_words(place: str, service: str, advice: str = "") -> Iterator[None]:
    """Turn what botocore raises inside into `InputError` (to be mended) or `RunError` (to be tried again).

    `place` names whose data it is, `service` the IAM prefix of the calls; `advice` is what else helps where a
    call is denied. Other errors pass.
    """
    try:
        yield
    except CloudTrackerError:
        raise
    except Exception as error:
        found = explained(error, place, service, advice)
        if found is None:
            raise
        raise found from None


def explained(error: Exception, place: str, service: str, advice: str = "") -> CloudTrackerError | None:
    """Return the error in words, None where it is none of botocore's."""
    names = {kind.__name__ for kind in type(error).__mro__ if kind.__module__.startswith("botocore.")}
    if "ClientError" in names:
        return _refused(error, place, service, advice)
    if names & NO_CREDENTIALS:
        return InputError(f"{place}: no AWS credentials{_whence(error)}: {GIVE}")
    if isinstance(error, EOFError):
        # botocore asks for the code of a profile with mfa_serial, and found no terminal to ask on.
        return InputError(f"{place}: the profile asks for an MFA code, and nobody can type one here; {GIVE}")
    if isinstance(error, ValueError) and str(error).startswith("Invalid endpoint"):
        return InputError(f"{place}: {_line(error)}; correct AWS_ENDPOINT_URL")
    if "ProfileNotFound" in names:
        return InputError(f"{place}: {error}; name one of 'aws configure list-profiles'")
    if any(word in name for name in names for word in _SIGN_IN):
        return InputError(f"{place}: the AWS sign-in has ended ({_line(error)}); sign in anew: aws sso login")
    if names & _UNREACHABLE:
        return RunError(
            f"{place}: AWS cannot be reached: {_line(error)}; check the network, the region and AWS_ENDPOINT_URL"
        )
    if "BotoCoreError" in names:
        return InputError(f"{place}: {type(error).__name__}: {_line(error)}")
    return None


def _refused(error: Exception, place: str, service: str, advice: str) -> CloudTrackerError:
    response = getattr(error, "response", {})
    code = str(response.get("Error", {}).get("Code", "Unknown"))
    said = _line(response.get("Error", {}).get("Message", ""))
    call = f"{service}:{getattr(error, 'operation_name', '')}"
    if code in EXPIRED:
        return InputError(f"{place}: {call}: the AWS credentials have expired ({code}); get new ones")
    if code in WRONG_KEYS:
        return InputError(f"{place}: {call}: AWS does not accept the credentials ({code}); {GIVE}")
    if code in _THROTTLED:
        return RunError(
            f"{place}: {call}: AWS keeps throttling the calls ({code}); run the command again later"
        )
    if code in _NO_ORGANIZATION:
        return InputError(f"{place}: {call}: this account is in no organization ({code}); list the accounts")
    if any(word in code for word in _DENIED):
        return InputError(f"{place}: {call} is denied ({code}): {said}; allow it{advice}")
    kind = (
        RunError
        if int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)) >= 500
        else InputError
    )
    return kind(f"{place}: {call} failed ({code}): {said}")


def _whence(error: Exception) -> str:
    # What a credential process printed is not repeated: it may be the credentials.
    if type(error).__name__ == "PartialCredentialsError":
        return f" ({_line(error)})"
    provider = getattr(error, "kwargs", {}).get("provider")
    return f" (the provider {provider} failed)" if provider else ""


def _line(text: object) -> str:
    return " ".join(str(text).split())[:300].rstrip(".")
