"""What the configuration says about where the logs are: the key `cloudtrail`."""

import re

import msgspec

from assets.errors import ConfigError

S3 = "s3://"
_AWS_KEYS = ("profile", "region", "role_arn", "endpoint_url")


class CloudTrailSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the logs lie: `path`, a directory or `s3://bucket/prefix` with `AWSLogs/` below it, or `lookup`.

    `lookup` asks each account's LookupEvents instead. The others say who calls AWS, as boto3 knows them.
    """

    path: str | None = None
    org_id: str | None = None
    lookup: bool = False
    profile: str | None = None
    region: str | None = None
    role_arn: str | None = None
    endpoint_url: str | None = None

    @property
    def label(self) -> str:
        """Name of the place, for messages."""
        return self.path or ("LookupEvents" if self.lookup else "")


def check_cloudtrail(settings: CloudTrailSettings, where: str) -> None:
    """Raise `ConfigError` for what is well-formed and makes no sense; `where` names file and key."""
    if settings.lookup and settings.path is not None:
        raise ConfigError(
            f"{where}.lookup: true, but 'path: {settings.path}' is there too: logs are read from one place;"
            " remove one of them"
        )
    if settings.lookup and settings.org_id is not None:
        raise ConfigError(f"{where}.org_id: LookupEvents knows no organisation's trail; remove it")
    if not settings.lookup and not settings.path:
        raise ConfigError(
            f"{where}: names no place; give 'path' (a directory, or s3://bucket/prefix) or 'lookup: true'"
        )
    if settings.lookup or str(settings.path).startswith(S3):
        _check_aws(settings, where)
        return
    for key in _AWS_KEYS:
        if getattr(settings, key) is not None:
            raise ConfigError(
                f"{where}.{key}: means something for logs in S3 and for 'lookup', not for the directory {settings.path}"
            )


def _check_aws(settings: CloudTrailSettings, where: str) -> None:
    if settings.path is not None:
        bucket_and_prefix(settings.path, where)
    account = r"([0-9]{12}|\{account\})" if settings.lookup else "[0-9]{12}"
    if settings.role_arn is not None and not re.fullmatch(
        rf"arn:aws[\w-]*:iam::{account}:role/.+", settings.role_arn
    ):
        raise ConfigError(f"{where}.role_arn: {settings.role_arn!r} is no ARN of a role")
    if settings.endpoint_url is not None and not settings.endpoint_url.startswith(("https://", "http://")):
        raise ConfigError(
            f"{where}.endpoint_url: {settings.endpoint_url!r} begins neither with https:// nor http://"
        )


def bucket_and_prefix(path: str, where: str) -> tuple[str, str]:
    """Return the bucket and the prefix (without slashes around it) of `s3://bucket/prefix`."""
    bucket, _, prefix = path.removeprefix(S3).partition("/")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]", bucket):
        raise ConfigError(f"{where}.path: {path!r} names no bucket; write s3://bucket or s3://bucket/prefix")
    return bucket, prefix.strip("/")
