"""The organisation as it was last found: `<root>/organization/accounts.json`, and the SCPs of each account beside it.

The configuration is read from these files, so that AWS is not asked each time the command starts. `cloudtracker
snapshot` and `cloudtracker run` write them (see `pipeline.organization`).
"""

from pathlib import Path
from typing import Any

import msgspec

from assets.errors import ConfigError
from pipeline.account_names import misleads
from pipeline.aws_settings import LIVE, OrganizationSettings

FOLDER = "organization"
HOW_TO_FIND = "the organisation's accounts are not known yet; find them: cloudtracker snapshot --account all"


class FoundAccount(msgspec.Struct, frozen=True):
    """One active account: `scps` says whether a file of its service control policies lies beside the list."""

    id: str
    name: str
    scps: bool


class SkippedAccount(msgspec.Struct, frozen=True):
    """An account that is not active: suspended, closed, or not ready yet."""

    id: str
    name: str
    state: str


class FoundOrganization(msgspec.Struct, frozen=True):
    """What was found, `found_at` (UTC, ISO 8601), with the credentials of the account `read_from`."""

    id: str
    partition: str
    management_account: str
    read_from: str
    found_at: str
    accounts: tuple[FoundAccount, ...]
    skipped: tuple[SkippedAccount, ...] = ()


def accounts_file(root: Path) -> Path:
    """Return where the list lies below the root of the tables."""
    return root / FOLDER / "accounts.json"


def scps_file(root: Path, account: str) -> Path:
    """Return where the SCPs of one account lie, in the format of an organisation's export."""
    return root / FOLDER / "scps" / f"{account}.json"


def found_organization(root: Path) -> FoundOrganization | None:
    """Return what was last found, None where nothing was. Raises `ConfigError` for a file that is not it."""
    path = accounts_file(root)
    try:
        return msgspec.json.decode(path.read_bytes(), type=FoundOrganization)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); delete it, {HOW_TO_FIND}") from None


def with_found(
    explicit: list[dict[str, Any]], organization: OrganizationSettings, root: Path
) -> list[dict[str, Any]]:
    """Return the accounts of the configuration with those that were found, as keys and values, by id.

    What the configuration says of an account wins. What it leaves out is filled in: the SCPs, and, where it
    says no `iam`, how the account is reached. Where that would make two of one name, or a
    name that means something else, the found ones bear their id.
    """
    found = found_organization(root)
    if found is None:
        return explicit
    said = {account["id"]: account for account in explicit}
    names = [account["name"] for account in explicit]
    names += [account.name for account in found.accounts if account.id not in said]
    merged = dict(said)
    for account in found.accounts:
        own = said.get(account.id, {})
        # What the configuration may not call an account, the organisation may.
        alone = names.count(account.name) == 1 and not misleads(account.name, account.id)
        name = account.name if alone else f"{account.name}-{account.id}"
        merged[account.id] = {
            "name": name if account.name.strip() else account.id,
            **({} if "iam" in own else _reached(account, organization, found)),
            **({"scps": str(scps_file(root, account.id))} if account.scps else {}),
            "management_account": account.id == found.management_account,
            "id": account.id,
            **own,
        }
    return [*(merged[key] for key in said), *(merged[key] for key in sorted(merged.keys() - said.keys()))]


def _reached(
    account: FoundAccount, organization: OrganizationSettings, found: FoundOrganization
) -> dict[str, Any]:
    given = {"iam": LIVE, "profile": organization.profile, "region": organization.region}
    if account.id == found.read_from:
        # Its credentials are there already: nothing is assumed.
        return given
    role = f"arn:{found.partition}:iam::{account.id}:role/{organization.role_name}"
    return {**given, "role_arn": role, "external_id": organization.external_id}
