"""From the configuration to the sources that the tables are read from."""

from datetime import UTC, datetime

from assets.aws_access.access import AwsAccess
from assets.cloudtrail_usage.sources.aws import Connection
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.cloudtrail_usage.sources.lookup import LookupLogs
from assets.cloudtrail_usage.sources.s3 import S3Logs
from assets.cloudtrail_usage.sources.source import LogSource
from assets.errors import ConfigError
from assets.expanded_grants.organization_export import OrganizationExport
from assets.expanded_grants.scp_files import ScpFiles, ScpSource
from assets.iam_snapshots.live import LiveIam
from assets.iam_snapshots.source import IamFile, IamSource
from assets.principal_diffs.trail_readings import LogPlace
from pipeline.aws_settings import LIVE
from pipeline.cloudtrail_settings import S3, bucket_and_prefix
from pipeline.settings import AccountSettings, Settings


def log_source(settings: Settings) -> LogSource:
    """Return where the logs are read. Raises `ConfigError` where the configuration names no place."""
    if settings.cloudtrail is None and settings.athena is not None:
        athena = settings.athena
        return S3Logs(
            athena.s3_bucket, athena.path.strip("/"), athena.org_id, Connection(region=athena.region)
        )
    if settings.cloudtrail is None:
        raise ConfigError(
            f"{settings.file}: neither 'cloudtrail: {{path: ...}}' nor 'athena: {{s3_bucket: ...}}'; name the"
            " directory or the s3://bucket/prefix that holds AWSLogs/"
        )
    logs = settings.cloudtrail
    path = logs.path or "."
    connection = Connection(logs.profile, logs.region, logs.role_arn, logs.endpoint_url)
    if logs.lookup:
        return LookupLogs(settings.root / ".lookup", settings.late_hours, connection)
    if path.startswith(S3):
        return S3Logs(*bucket_and_prefix(path, settings.file), logs.org_id, connection)
    return LocalLogs(settings.found(path), logs.org_id)


def log_place(settings: Settings) -> LogPlace:
    """Return which trails' files are read."""
    logs = settings.cloudtrail
    if logs is None:
        athena = settings.athena
        if athena is None:
            return LogPlace()
        return LogPlace(athena.s3_bucket, athena.path.strip("/"), bool(athena.org_id))
    if not (logs.path or "").startswith(S3):
        return LogPlace(organization=bool(logs.org_id))
    return LogPlace(*bucket_and_prefix(str(logs.path), settings.file), bool(logs.org_id))


def iam_source(settings: Settings, account: AccountSettings, anew: bool = False) -> IamSource | None:
    """Return where an account's IAM data comes from, None where the configuration names nothing.

    `anew`: a live account is read again, though a snapshot of today is there. AWS is not asked here.
    """
    if account.iam is None:
        return None
    if account.iam == LIVE:
        return LiveIam(aws_access(account), datetime.now(UTC).replace(microsecond=0), anew)
    return IamFile(account.id, settings.found(account.iam), account.iam, account.taken_at)


def iam_sources(settings: Settings, anew: bool = False) -> dict[str, IamSource]:
    """Return where the IAM data of all accounts that have any comes from, by account id."""
    found = ((account.id, iam_source(settings, account, anew)) for account in settings.accounts)
    return {account: source for account, source in found if source is not None}


def aws_access(account: AccountSettings) -> AwsAccess:
    """Return how a live account is reached."""
    place = f"account {account.name} ({account.id})"
    return AwsAccess(
        place, account.id, account.profile, account.region, account.role_arn, account.external_id
    )


def trails_are_read(settings: Settings, account: AccountSettings) -> bool:
    """Whether the account's trails are read from AWS: where it is live, and the configuration tells no trails."""
    return account.iam == LIVE and not (account.trails or settings.trails)


def trail_accesses(settings: Settings) -> dict[str, AwsAccess]:
    """Return how those accounts are reached whose trails are read, by account id."""
    return {one.id: aws_access(one) for one in settings.accounts if trails_are_read(settings, one)}


def scp_files(settings: Settings, account: AccountSettings) -> ScpSource:
    """Return the files of the service control policies that bind an account, or the organisation's export."""
    if isinstance(account.scps, str):
        return OrganizationExport(account.id, settings.found(account.scps), account.management_account)
    levels = tuple(tuple(settings.found(path) for path in level) for level in account.scps)
    return ScpFiles(levels, account.management_account)


def scps_by_account(settings: Settings) -> dict[str, ScpSource]:
    """Return these files of all accounts, by account id."""
    return {account.id: scp_files(settings, account) for account in settings.accounts}
