"""From the configuration to the sources that the tables are read from."""

from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.errors import ConfigError
from assets.expanded_grants.organization_export import OrganizationExport
from assets.expanded_grants.scp_files import ScpFiles, ScpSource
from assets.iam_snapshots.source import IamFile
from pipeline.settings import AccountSettings, Settings


def log_source(settings: Settings) -> LocalLogs:
    """Return where the logs are read. Raises `ConfigError` where the configuration names no place here."""
    if settings.cloudtrail is None:
        engine = " ('athena:' is understood, but its engine is not built yet)" if settings.athena else ""
        raise ConfigError(
            f"{settings.file}: no 'cloudtrail: {{path: ...}}'{engine}; name the directory that holds AWSLogs/,"
            " for example a copy made with 'aws s3 sync'"
        )
    if settings.cloudtrail.path.startswith("s3://"):
        raise ConfigError(
            f"{settings.file}: key 'cloudtrail.path': {settings.cloudtrail.path!r}: logs are read from a local"
            " directory; copy them with 'aws s3 sync' and name the copy"
        )
    return LocalLogs(settings.found(settings.cloudtrail.path or "."), settings.cloudtrail.org_id)


def iam_source(settings: Settings, account: AccountSettings) -> IamFile | None:
    """Return an account's IAM file, None where the configuration names none."""
    if account.iam is None:
        return None
    if account.iam == "live":
        raise ConfigError(
            f"{settings.file}: account {account.name}: 'iam: live' is not built yet; name the file that"
            " 'aws iam get-account-authorization-details' wrote"
        )
    return IamFile(account.id, settings.found(account.iam), account.iam, account.taken_at)


def iam_sources(settings: Settings) -> dict[str, IamFile]:
    """Return the IAM files of all accounts that have one, by account id."""
    found = ((account.id, iam_source(settings, account)) for account in settings.accounts)
    return {account: source for account, source in found if source is not None}


def scp_files(settings: Settings, account: AccountSettings) -> ScpSource:
    """Return the files of the service control policies that bind an account, or the organisation's export."""
    if isinstance(account.scps, str):
        return OrganizationExport(account.id, settings.found(account.scps), account.management_account)
    levels = tuple(tuple(settings.found(path) for path in level) for level in account.scps)
    return ScpFiles(levels, account.management_account)


def scps_by_account(settings: Settings) -> dict[str, ScpSource]:
    """Return these files of all accounts, by account id."""
    return {account.id: scp_files(settings, account) for account in settings.accounts}
