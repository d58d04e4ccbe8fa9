import pytest
from botocore.exceptions import ClientError

from assets.aws_access.codes import EXPIRED, WRONG_KEYS
from assets.aws_access.failures import explained as explained_of_an_account
from assets.cloudtrail_usage.sources.aws_faults import explained
from assets.errors import InputError

SAID = "The Canonical String for this request should have been 'POST x-amz-security-token:THESESSIONTOKEN'"


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": SAID}}, "LookupEvents")


@pytest.mark.parametrize("code", sorted(WRONG_KEYS))
def test_what_aws_says_of_keys_that_it_does_not_accept_is_not_repeated(code: str) -> None:
    for error in (
        explained(_refused(code), "s3://logs"),
        explained_of_an_account(_refused(code), "account demo", "cloudtrail"),
    ):
        assert isinstance(error, InputError)
        assert code in str(error)
        assert "TOKEN" not in str(error)
        assert "AWS_ACCESS_KEY_ID" in str(error)


@pytest.mark.parametrize("code", sorted(EXPIRED))
def test_expired_credentials_are_told_as_such_wherever_they_are_used(code: str) -> None:
    for error in (
        explained(_refused(code), "s3://logs"),
        explained_of_an_account(_refused(code), "account demo", "cloudtrail"),
    ):
        assert isinstance(error, InputError)
        assert "have expired" in str(error)
