"""What accounts may be called: a name or an id that is asked for means one account."""

import re
from collections.abc import Sequence
from typing import Protocol

from assets.errors import ConfigError

ALL = "all"
"""What stands for every account where one is asked for."""


class Named(Protocol):
    """The keys of an account that it is asked for by."""

    @property
    def name(self) -> str:
        """As people call it."""
        ...

    @property
    def id(self) -> str:
        """12 digits."""
        ...


def misleads(name: str, account: str) -> str:
    """Return why the account of that id cannot bear the name, "" where it can."""
    if not name.strip():
        return "is empty"
    if name == ALL:
        return "stands for all accounts wherever one is asked for"
    if name != account and re.fullmatch(r"[0-9]{12}", name):
        return f"is the id of another account than {account}"
    return ""


def check_names(accounts: Sequence[Named], file: str) -> None:
    """Raise `ConfigError` for a name or an id that two accounts have, and for a name that misleads."""
    for number, account in enumerate(accounts):
        why = misleads(account.name, account.id)
        if why:
            raise ConfigError(
                f"{file}: key 'accounts[{number}].name': {account.name!r} {why}; give account {account.id} another name"
            )
    for kind in ("name", "id"):
        values = [getattr(account, kind) for account in accounts]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise ConfigError(f"{file}: accounts: the {kind} {twice[0]!r} stands there twice")
