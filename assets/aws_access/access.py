"""Sessions: a profile or the environment's credentials, a region, and where one is named a role to assume."""

from dataclasses import dataclass
from typing import Any

from assets.aws_access.failures import in_words
from assets.errors import InputError

SESSION_NAME = "cloudtracker"
"""The RoleSessionName: what CloudTrail shows of this program."""

_FIRST_REGION = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@dataclass(frozen=True)
class AwsAccess:
    """How one account is reached. `place` names it in errors, `account` is its id, "" where any will do.

    Without `profile` the credentials are found as boto3 finds them; without `region` there, too, else it is the
    first region of the role's partition. `role_arn` is assumed, with `external_id`, from these credentials.
    """

    place: str
    account: str = ""
    profile: str | None = None
    region: str | None = None
    role_arn: str | None = None
    external_id: str | None = None

    def connect(self) -> "Connection":
        """Return a connection whose credentials are known to work, and to be those of the account.

        Raises `InputError` or `RunError` within seconds: this first step is impatient.
        """
        with in_words(self.place, "sts", f" in the trust policy of {self.role_arn}"):
            from boto3.session import Session

            session = Session(profile_name=self.profile, region_name=self.region)
            region = self.region or session.region_name or self._first_region()
            if self.role_arn:
                session = self._assumed(session, region)
            caller = _client(session, "sts", region, _impatient()).get_caller_identity()
        if self.account and caller["Account"] != self.account:
            raise InputError(
                f"{self.place}: the credentials are those of account {caller['Account']} ({caller['Arn']}); name"
                " another 'profile', or a 'role_arn' to assume"
            )
        return Connection(self.place, session, region, caller["Account"], caller["Arn"])

    def _assumed(self, session: Any, region: str) -> Any:
        more = {"ExternalId": self.external_id} if self.external_id else {}
        given = _client(session, "sts", region, _impatient()).assume_role(
            RoleArn=self.role_arn, RoleSessionName=SESSION_NAME, **more
        )["Credentials"]
        return type(session)(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=region,
        )

    def _first_region(self) -> str:
        partition = self.role_arn.split(":")[1] if self.role_arn else "aws"
        return _FIRST_REGION.get(partition, _FIRST_REGION["aws"])


@dataclass(frozen=True)
class Connection:
    """Working credentials of one account: its id, and the ARN of the caller."""

    place: str
    session: Any
    region: str
    account: str
    caller: str

    @property
    def partition(self) -> str:
        """The partition of AWS that the caller is in: aws, aws-cn, aws-us-gov."""
        return self.caller.split(":")[1]

    def client(self, service: str, region: str | None = None) -> Any:
        """Return boto3's client of a service, patient with throttling; `region` where not the connection's."""
        return _client(self.session, service, region or self.region, _patient())


def _client(session: Any, service: str, region: str, config: dict[str, Any]) -> Any:
    from boto3.session import Config

    return session.client(service, region_name=region, config=Config(**config))


def _impatient() -> dict[str, Any]:
    return {
        "connect_timeout": 3,
        "read_timeout": 10,
        "retries": {"mode": "standard", "total_max_attempts": 3},
    }


def _patient() -> dict[str, Any]:
    return {
        "connect_timeout": 5,
        "read_timeout": 60,
        "retries": {"mode": "adaptive", "total_max_attempts": 8},
    }
