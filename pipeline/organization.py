"""Finds the accounts of the organisation and keeps them below the root, for the configuration to be read with."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from assets.aws_access.access import AwsAccess
from assets.aws_access.organization import Organization, read_organization
from assets.errors import CloudTrackerError, StorageError
from assets.number_words import number_of
from assets.replaced_file import replace_file
from pipeline.found_accounts import (
    FoundAccount,
    FoundOrganization,
    SkippedAccount,
    accounts_file,
    found_organization,
    scps_file,
)
from pipeline.settings import Settings, load_settings

_ACTIVE = "ACTIVE"
# What AWS attaches everywhere as long as an organisation uses SCPs. It limits nothing.
_FULL = "p-FullAWSAccess"
_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def find_accounts(settings: Settings) -> tuple[Settings, list[str]]:
    """Ask AWS Organizations; return the configuration with what was found, and lines that tell of it.

    Without `organization:` nothing is asked. Raises `InputError`, `RunError` or `StorageError`.
    """
    if settings.organization is None:
        return settings, []
    place = f"{settings.file}: organization"
    access = AwsAccess(place, profile=settings.organization.profile, region=settings.organization.region)
    found = keep(settings.root, read_organization(access), datetime.now(UTC))
    lines = [f"organization {found.id}: {number_of(len(found.accounts), 'active account')}"]
    lines += [f"  skipped: {one.name} ({one.id}), {one.state.lower()}" for one in found.skipped]
    return load_settings(Path(settings.file)), lines


def find_accounts_daily(settings: Settings) -> tuple[Settings, list[str]]:
    """Do the same where it was not done today (UTC).

    Where AWS cannot be asked, what was found before stands, and a line says so; without any, the error is raised.
    """
    known = found_organization(settings.root) if settings.organization else None
    if known is not None and known.found_at[:10] == datetime.now(UTC).date().isoformat():
        return settings, []
    try:
        return find_accounts(settings)
    except CloudTrackerError as error:
        if known is None:
            raise
        return settings, [f"the accounts are those found at {known.found_at}: {error}"]


def keep(root: Path, organization: Organization, found_at: datetime) -> FoundOrganization:
    """Store the SCPs of each active account, then the list. An unchanged file of SCPs is not touched.

    Whether grants are older than the SCPs is seen by the files' times: so those of an account that none bind any more
    are replaced, too. Raises `StorageError`.
    """
    active = [account for account in organization.accounts if account.state == _ACTIVE]
    found = FoundOrganization(
        organization.id,
        organization.partition,
        organization.management_account,
        organization.read_from,
        found_at.isoformat(timespec="seconds"),
        tuple(
            FoundAccount(one.id, one.name, bool(one.levels) or scps_file(root, one.id).exists())
            for one in active
        ),
        tuple(
            SkippedAccount(one.id, one.name, one.state)
            for one in organization.accounts
            if one.state != _ACTIVE
        ),
    )
    for account in active:
        path = scps_file(root, account.id)
        if account.levels or path.exists():
            _replace_changed(path, _export(organization, account.id, account.levels or ((_FULL,),)))
    replace_file(accounts_file(root), msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    return found


def _export(organization: Organization, account: str, levels: tuple[tuple[str, ...], ...]) -> str:
    used = sorted({policy for level in levels for policy in level})
    known = {_FULL: _ALL, **organization.policies}
    export = {
        "management_account": organization.management_account,
        "accounts": {account: {"levels": levels}},
        "policies": {policy: known[policy] for policy in used},
    }
    return json.dumps(export, indent=1, sort_keys=True) + "\n"


def _replace_changed(path: Path, text: str) -> None:
    try:
        same = path.exists() and path.read_text(encoding="utf-8") == text
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be read: {error.strerror or error}; check its permissions"
        ) from None
    if not same:
        replace_file(path, text.encode())
