"""The codes of AWS's errors that say the same wherever they come from, and the names of botocore's.

Codes: "Common Errors" of each service's API reference, and "List of error codes" of Amazon S3's.
"""

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
"""The credentials were valid until a while ago."""
WRONG_KEYS = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "AuthFailure",
    }
)
"""AWS does not accept the credentials. What it says besides is not repeated: of a wrong signature it tells what was
signed, the session token included."""
NO_CREDENTIALS = frozenset({"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"})
"""Classes of botocore's: nothing to sign with."""
