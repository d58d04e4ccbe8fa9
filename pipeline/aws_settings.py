"""What the configuration says about reaching AWS: the keys of live accounts, and `organization`."""

import re
from typing import Protocol

import msgspec

from assets.errors import ConfigError

LIVE = "live"
_ROLE = r"arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]+"
_ROLE_NAME = r"[\w+=,.@/-]+"


class OrganizationSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the accounts are found: `profile` and `region` reach Organizations, `role_name` is assumed in each.

    `role_name` may hold a path (`audit/CloudTrackerAudit`); `external_id` is what its trust policy asks for.
    """

    role_name: str
    external_id: str | None = None
    profile: str | None = None
    region: str | None = None


class Reached(Protocol):
    """The keys of an account that say how it is reached."""

    @property
    def id(self) -> str:
        """12 digits."""
        ...

    @property
    def iam(self) -> str | None:
        """A file, or `live`."""
        ...

    @property
    def role_arn(self) -> str | None:
        """The role to assume."""
        ...

    @property
    def external_id(self) -> str | None:
        """What its trust policy asks for."""
        ...


def check_organization(organization: OrganizationSettings, where: str) -> None:
    """Raise `ConfigError` for a role name that IAM does not allow; `where` names file and key."""
    if not re.fullmatch(_ROLE_NAME, organization.role_name):
        raise ConfigError(f"{where}.role_name: {organization.role_name!r} is no name of an IAM role")


def check_reached(account: Reached, where: str) -> None:
    """Raise `ConfigError` for keys of a live account that make no sense; `where` names file and key."""
    given = [
        key for key in ("role_arn", "external_id", "profile", "region") if getattr(account, key) is not None
    ]
    if given and account.iam != LIVE:
        raise ConfigError(f"{where}.{given[0]}: {getattr(account, given[0])!r} needs 'iam: live' beside it")
    if account.role_arn is not None:
        role = re.fullmatch(_ROLE, account.role_arn)
        if role is None:
            raise ConfigError(
                f"{where}.role_arn: {account.role_arn!r} is no role, as arn:aws:iam::{account.id}:role/NAME"
            )
        if role[1] != account.id:
            raise ConfigError(
                f"{where}.role_arn: {account.role_arn!r} is of account {role[1]}, but the account is {account.id}"
            )
    elif account.external_id is not None:
        raise ConfigError(f"{where}.external_id: {account.external_id!r} needs a 'role_arn' that asks for it")
