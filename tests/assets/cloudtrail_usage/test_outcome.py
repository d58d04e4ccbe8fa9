import pytest

from assets.cloudtrail_usage.outcome import outcome_of


@pytest.mark.parametrize(
    "code",
    [
        "AccessDenied",
        "AccessDeniedException",
        "accessDenied",
        "Client.UnauthorizedOperation",
        "UnauthorizedException",
        "Client.InvalidUnauthorizedThing",
        "KMS.UnauthorizedX",
        "AuthorizationError",
        "AuthorizationErrorException",
        "NotAuthorized",
        "NotAuthorizedException",
        "Client.NotAuthorized",
        "Forbidden",
        "ForbiddenException",
        "client.accessdenied",
    ],
)
def test_families_of_refusal_are_denied(code: str) -> None:
    assert outcome_of("s3.amazonaws.com", code, has_message=True) == "denied"


@pytest.mark.parametrize(
    "code",
    [
        "NoSuchBucket",
        "Client.DryRunOperation",
        "ThrottlingException",
        "Server.AccessDenied",
        "XAccessDenied",
        "X",
    ],
)
def test_other_codes_are_errors(code: str) -> None:
    assert outcome_of("s3.amazonaws.com", code, has_message=False) == "error"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("cognito-idp", "NotAuthorizedException"),
        ("cognito-idp", "ForbiddenException"),
        ("cognito-idp", "UnauthorizedException"),
        ("cognito-identity", "NotAuthorizedException"),
        ("cognito-sync", "NotAuthorizedException"),
        ("route53", "NotAuthorizedException"),
        ("dms", "AccessDeniedFault"),
        ("redshift", "UnauthorizedPartnerIntegration"),
        ("social-messaging", "AccessDeniedByMetaException"),
        ("organizations", "AccessDeniedForDependencyException"),
        ("shield", "AccessDeniedForDependencyException"),
    ],
)
def test_what_a_service_refuses_though_iam_allows_it_is_an_error(source: str, code: str) -> None:
    for event_source in (f"{source}.amazonaws.com", f"{source}.amazonaws.com.cn".upper()):
        assert outcome_of(event_source, code, has_message=True) == "error"
        assert outcome_of(event_source, "AccessDeniedException", has_message=True) == "denied"
    assert outcome_of("kms.amazonaws.com", code, has_message=True) == "denied"


def test_without_code_the_message_decides() -> None:
    for nothing in (None, ""):
        assert outcome_of("s3.amazonaws.com", nothing, has_message=False) == "ok"
    assert outcome_of("s3.amazonaws.com", None, has_message=True) == "error"
