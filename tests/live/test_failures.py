"""What goes wrong at AWS: a line that names account, call, AWS's code and what to do; never a secret, never a hang."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.aws_access.access import AwsAccess
from assets.errors import InputError, RunError
from assets.iam_snapshots.live import LiveIam
from assets.trail_settings.live import read_trails
from tests.live.aws_front import Fault, Front
from tests.live.conftest import MANAGEMENT, populate

DETAILS = "iam:GetAccountAuthorizationDetails"
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DEMO = AwsAccess("account demo", MANAGEMENT)


def _read(access: AwsAccess = DEMO) -> bytes:
    return LiveIam(access, NOW).read()


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        (
            Fault(DETAILS, "AccessDenied", 403, message="User: x is not authorized"),
            InputError,
            f"{DETAILS} is denied (AccessDenied): User: x is not authorized; allow it",
        ),
        (
            Fault(DETAILS, "ExpiredToken", 403),
            InputError,
            f"{DETAILS}: the AWS credentials have expired (ExpiredToken)",
        ),
        (
            Fault("sts:GetCallerIdentity", "InvalidClientTokenId", 403),
            InputError,
            "sts:GetCallerIdentity: AWS does not accept the credentials (InvalidClientTokenId)",
        ),
        (
            Fault("cloudtrail:DescribeTrails", "AccessDeniedException", message="no"),
            InputError,
            "cloudtrail:DescribeTrails is denied (AccessDeniedException): no; allow it, or say in 'trails:'",
        ),
        (Fault(DETAILS, "Strange", message="what"), InputError, f"{DETAILS} failed (Strange): what"),
        (
            Fault("sts:GetCallerIdentity", "Throttling"),
            RunError,
            "sts:GetCallerIdentity: AWS keeps throttling the calls (Throttling)",
        ),
        (
            Fault("sts:GetCallerIdentity", "ServiceUnavailable", 503, message="later"),
            RunError,
            "sts:GetCallerIdentity failed (ServiceUnavailable): later",
        ),
    ],
)
def test_a_refusal_is_told_within_seconds(
    aws: Front, fault: Fault, error: type[Exception], message: str
) -> None:
    aws.faults.append(fault)
    began = time.monotonic()
    with pytest.raises(error) as told:
        _read()
        read_trails(DEMO, NOW)
    assert str(told.value).startswith(f"account demo: {message}")
    assert time.monotonic() - began < 10


def test_throttling_in_the_middle_is_waited_for(aws: Front) -> None:
    populate()
    aws.calls.clear()
    aws.page = 3
    whole = _read()
    assert aws.counted(DETAILS) == 2
    aws.faults.append(Fault(DETAILS, "Throttling", within="Marker=", times=2, message="Rate exceeded"))
    assert _read() == whole
    assert aws.counted(DETAILS) == 2 + 4


def test_expired_in_the_middle_nothing_is_given(aws: Front) -> None:
    populate()
    aws.page = 3
    aws.faults.append(Fault(DETAILS, "ExpiredToken", 403, within="Marker="))
    with pytest.raises(InputError, match="the AWS credentials have expired"):
        _read()


def test_a_signature_that_is_wrong_shows_no_secret(aws: Front) -> None:
    said = "The Canonical String should have been x-amz-security-token:TOPSECRET"
    aws.faults.append(Fault("sts:GetCallerIdentity", "SignatureDoesNotMatch", 403, message=said))
    with pytest.raises(InputError) as told:
        _read()
    assert "does not accept the credentials (SignatureDoesNotMatch)" in str(told.value)
    assert "TOPSECRET" not in str(told.value)


def test_credentials_of_another_account_are_refused(aws: Front) -> None:
    with pytest.raises(InputError, match=f"the credentials are those of account {MANAGEMENT} \\(arn:aws:"):
        _read(AwsAccess("account demo", "999999999999"))
    assert aws.counted(DETAILS) == 0


def test_without_credentials_or_a_network_it_says_so_within_seconds(
    aws: Front, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    began = time.monotonic()
    # Nothing listens on the discard port.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(RunError, match="AWS cannot be reached"):
        _read()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")
    with pytest.raises(InputError, match="Invalid endpoint: nowhere; correct AWS_ENDPOINT_URL"):
        _read()
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(InputError, match=r"no AWS credentials \(Partial credentials .*SECRET_ACCESS_KEY\)"):
        _read()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(InputError, match="no AWS credentials: set AWS_PROFILE"):
        _read()
    with pytest.raises(InputError, match=r"profile \(nobody\) could not be found"):
        _read(AwsAccess("account demo", profile="nobody"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    (tmp_path / "aws-config").write_text(
        "[profile sso]\nsso_start_url=https://x.awsapps.com/start\n", "utf-8"
    )
    with (tmp_path / "aws-config").open("a", encoding="utf-8") as file:
        file.write("sso_region=us-east-1\nsso_account_id=123456789012\nsso_role_name=x\n")
    with pytest.raises(InputError, match="sign in anew: aws sso login"):
        _read(AwsAccess("account demo", profile="sso"))
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    ("role", "region"),
    [
        ("arn:aws:iam::111111111111:role/x", "us-east-1"),
        ("arn:aws-cn:iam::111111111111:role/x", "cn-north-1"),
        ("arn:aws-us-gov:iam::111111111111:role/x", "us-gov-west-1"),
    ],
)
def test_a_role_is_assumed_in_its_own_partition(aws: Front, role: str, region: str) -> None:
    connection = AwsAccess("account demo", "111111111111", role_arn=role).connect()
    assert (connection.region, connection.account) == (region, "111111111111")
    assert {call.region for call in aws.calls} == {region}
    assert connection.partition == role.split(":")[1]
