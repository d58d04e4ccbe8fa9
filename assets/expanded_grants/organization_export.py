"""The SCPs of a whole organisation in one JSON file, so that many accounts need not list their files.

    {"management_account": "999999999999",
     "accounts": {"111111111111": {"levels": [["p-FullAWSAccess"], ["p-FullAWSAccess", "p-0abc"]]}},
     "policies": {"p-FullAWSAccess": {...}, "p-0abc": {...}}}

`levels` go from the organisation's root down to the account itself and name policies by their keys. A policy is a
policy document, or the answer of `aws organizations describe-policy`. The format is this project's own: AWS has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from assets.errors import InputError
from assets.expanded_grants.scp_files import json_file, scp_of, touched_at
from assets.expanded_grants.scps import Levels, Scp


@dataclass(frozen=True)
class OrganizationExport:
    """What the export says of one account; `said_to_manage` is what the configuration says of it besides."""

    account: str
    path: Path
    said_to_manage: bool = False

    @property
    def management_account(self) -> bool:
        """Whether the export or the configuration calls it the management account. Raises `InputError`."""
        return self.said_to_manage or self._export().get("management_account") == self.account

    def read(self) -> Levels | None:
        """Return the account's policies, None for the management account. Raises `InputError` naming the key."""
        export = self._export()
        if self.said_to_manage or export.get("management_account") == self.account:
            return None
        levels = self._levels(export)
        policies = _mapping(export, "policies", str(self.path))
        where = f"{self.path}: accounts.{self.account}.levels"
        return [
            [self._scp(policies, key, f"{where}[{number}]") for key in level]
            for number, level in enumerate(levels)
        ]

    def changed_at(self) -> datetime | None:
        """Return when the file was last touched here (UTC), None where it is gone."""
        return touched_at([self.path])

    def _export(self) -> Mapping[str, Any]:
        data = json_file(self.path)
        if not isinstance(data, dict):
            raise InputError(f"{self.path}: holds a {type(data).__name__}, not accounts and policies")
        manager = data.get("management_account")
        if manager is not None and not isinstance(manager, str):
            raise InputError(f"{self.path}: management_account: {manager!r} is not an account id in quotes")
        return data

    def _levels(self, export: Mapping[str, Any]) -> list[list[str]]:
        accounts = _mapping(export, "accounts", str(self.path))
        if self.account not in accounts:
            raise InputError(
                f"{self.path}: accounts: holds no {self.account} (it holds: {', '.join(sorted(accounts))})"
            )
        where = f"{self.path}: accounts.{self.account}"
        entry = accounts[self.account]
        levels = entry.get("levels") if isinstance(entry, dict) else None
        if not isinstance(levels, list) or not levels:
            raise InputError(f"{where}: has no levels, a list of lists of policies from the root down")
        for number, level in enumerate(levels):
            if not isinstance(level, list) or not level or not all(isinstance(key, str) for key in level):
                raise InputError(
                    f"{where}.levels[{number}]: {level!r} is no list of policies; AWS attaches at least one at"
                    " every level, FullAWSAccess included"
                )
        return levels

    def _scp(self, policies: Mapping[str, Any], key: str, where: str) -> Scp:
        if key not in policies:
            raise InputError(f"{where}: the policy {key!r} is not among 'policies'")
        return scp_of(policies[key], f"{self.path}: policies.{key}", key)


def _mapping(export: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
    value = export.get(key)
    if not isinstance(value, dict):
        raise InputError(f"{path}: key '{key}' holds {value!r:.60}, not an object")
    return value
