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
    assert outcome_of(code, has_message=True) == "denied"


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
    assert outcome_of(code, has_message=False) == "error"


def test_without_code_the_message_decides() -> None:
    assert outcome_of(None, has_message=False) == outcome_of("", has_message=False) == "ok"
    assert outcome_of(None, has_message=True) == "error"
