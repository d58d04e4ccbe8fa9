"""What AWS or the way to it refuses, in words: what ends a run, and what concerns one file.

botocore's errors are told by their names, so that importing this does not import botocore.
"""

import errno

from assets.aws_access.codes import EXPIRED, NO_CREDENTIALS, WRONG_KEYS
from assets.errors import CloudTrackerError, InputError, RunError

_NEW_CREDENTIALS = "get new ones (for example 'aws sso login') and run again; finished days are kept"
_WHERE_CREDENTIALS = (
    "name a profile in 'cloudtrail: {profile: ...}' or AWS_PROFILE, or set AWS_ACCESS_KEY_ID and"
    " AWS_SECRET_ACCESS_KEY"
)
_REGION = "set 'cloudtrail: {region: ...}' or AWS_REGION"
# Codes of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and of the common errors.
_USELESS = {
    "NoSuchBucket": "there is no such bucket; check 'cloudtrail: {path: ...}'",
    "InvalidBucketName": "that is no name of a bucket; check 'cloudtrail: {path: ...}'",
    "PermanentRedirect": f"the bucket is in another region; {_REGION}",
    "AuthorizationHeaderMalformed": f"the bucket is in another region; {_REGION}",
    "IllegalLocationConstraintException": f"the bucket is in another region; {_REGION}",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
    **dict.fromkeys(EXPIRED, f"the credentials have expired; {_NEW_CREDENTIALS}"),
    **dict.fromkeys(WRONG_KEYS, f"AWS does not know these credentials; {_WHERE_CREDENTIALS}"),
}
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AllAccessDisabled",
    "UnauthorizedOperation",
    "Forbidden",
    "403",
}
_NO_CREDENTIALS = NO_CREDENTIALS | {"ProfileNotFound", "ConfigParseError", "ConfigNotFound"}
_NO_TOKEN = {"SSOError", "TokenRetrievalError", "LoginError"}
_NO_REGION = {"NoRegionError", "InvalidRegionError", "InvalidEndpointConfigurationError"}
_NO_WAY = {"EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError", "SSLError"}
_BROKEN = {
    "HTTPClientError",
    "ConnectionError",
    "IncompleteReadError",
    "ResponseStreamingError",
    "FlexibleChecksumError",
    "ResponseParserError",
}


def explained(error: BaseException, place: str) -> CloudTrackerError | OSError:
    """Return what a botocore error means for `place` (`s3://bucket/key`).

    InputError or RunError where going on is useless, PermissionError where this place is refused, another
    OSError for what may pass (throttling, a connection that broke, an object that is gone). An error that is
    none of botocore's is raised again.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    said = str(error)
    if "ClientError" in names:
        return _refused(_answer(error), place)
    if names & _NO_CREDENTIALS:
        return InputError(f"{place}: no AWS credentials: {said}; {_WHERE_CREDENTIALS}")
    if names & _NO_TOKEN:
        return InputError(f"{place}: the sign-in to AWS has ended: {said}; {_NEW_CREDENTIALS}")
    if names & _NO_REGION or (isinstance(error, ValueError) and "endpoint" in said.lower()):
        return InputError(f"{place}: {said}; {_REGION}")
    if "ParamValidationError" in names:
        return InputError(f"{place}: {said}; check 'cloudtrail: {{path: ...}}'")
    if names & _NO_WAY:
        return RunError(
            f"{place}: AWS cannot be reached: {said}; check the network, 'cloudtrail: {{region: ...}}' and"
            " 'endpoint_url'; finished days are kept"
        )
    if names & _BROKEN:
        return OSError(errno.EIO, f"the connection broke: {said}")
    if isinstance(error, OSError):
        return error
    raise error


def _answer(error: BaseException) -> dict[str, str]:
    # botocore's class is not imported for it: it takes long, and most runs need none of it.
    answer: dict[str, str] = getattr(error, "response", {}).get("Error", {})
    return answer


def _refused(answer: dict[str, str], place: str) -> CloudTrackerError | OSError:
    code, message = str(answer.get("Code", "unknown")), str(answer.get("Message", ""))
    said = f"{code}: {message}" if message and code not in WRONG_KEYS else code
    if code in _USELESS:
        return InputError(f"{place}: {said}: {_USELESS[code]}")
    if code in _DENIED or code.startswith("KMS."):
        return PermissionError(errno.EACCES, said)
    return OSError(errno.ENOENT if code in ("NoSuchKey", "404") else errno.EIO, said)


def refusal(error: OSError, place: str, rights: str) -> CloudTrackerError:
    """Return the error that ends a run where a place that all else hangs on is refused or does not answer."""
    said = error.strerror or type(error).__name__
    if isinstance(error, PermissionError):
        return InputError(f"{place}: {said}; the credentials need {rights}")
    return RunError(f"{place}: {said}; try again later, finished days are kept")
