"""Reads an organisation: its accounts, and the service control policies from its root down to each of them.

Source: AWS Organizations API Reference: DescribeOrganization, ListRoots, ListAccounts, ListAccountsForParent,
ListOrganizationalUnitsForParent, ListPoliciesForTarget, DescribePolicy. The management account may call them, and a
delegated administrator whom it allows to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from assets.aws_access.access import AwsAccess, Connection
from assets.aws_access.failures import in_words

_SCP = "SERVICE_CONTROL_POLICY"


@dataclass(frozen=True)
class ListedAccount:
    """An account of the organisation; `state` is ACTIVE, SUSPENDED, ...

    `levels` name its SCPs by their ids, a tuple a level from the root down to the account; empty where the
    organisation has no SCPs.
    """

    id: str
    name: str
    state: str
    levels: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Organization:
    """The accounts by id, and the SCPs that bind one of them: DescribePolicy's answers by policy id."""

    id: str
    partition: str
    management_account: str
    read_from: str
    accounts: tuple[ListedAccount, ...]
    policies: dict[str, Any] = field(default_factory=dict)


def read_organization(access: AwsAccess) -> Organization:
    """Ask AWS for it. Raises `InputError` or `RunError` naming AWS's reason."""
    connection = access.connect()
    with in_words(
        access.place, "organizations", " to the management account's caller, or a delegated administrator's"
    ):
        return _Reader(connection).organization()


class _Reader:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client = connection.client("organizations")
        self._policies: dict[str, Any] = {}

    def organization(self) -> Organization:
        described = self._client.describe_organization()["Organization"]
        listed = list(self._pages("list_accounts", "Accounts"))
        roots = list(self._pages("list_roots", "Roots"))
        manager = described["MasterAccountId"]
        bound = {account["Id"] for account in listed if _state(account) == "ACTIVE"} - {manager}
        levels: dict[str, tuple[tuple[str, ...], ...]] = {}
        for root in roots:
            if {"Type": _SCP, "Status": "ENABLED"} in root.get("PolicyTypes", ()):
                levels.update(self._below(root["Id"], (), bound))
        accounts = [
            ListedAccount(one["Id"], one.get("Name", ""), _state(one), levels.get(one["Id"], ()))
            for one in sorted(listed, key=lambda one: str(one["Id"]))
        ]
        return Organization(
            described["Id"],
            self._connection.partition,
            manager,
            self._connection.account,
            tuple(accounts),
            dict(sorted(self._policies.items())),
        )

    def _below(
        self, parent: str, above: tuple[tuple[str, ...], ...], bound: set[str]
    ) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
        """Yield the levels of every bound account below a root or an organisational unit."""
        here = (*above, self._attached(parent))
        for account in self._pages("list_accounts_for_parent", "Accounts", ParentId=parent):
            if account["Id"] in bound:
                yield account["Id"], (*here, self._attached(account["Id"]))
        units = self._pages("list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent)
        for unit in units:
            yield from self._below(unit["Id"], here, bound)

    def _attached(self, target: str) -> tuple[str, ...]:
        found = self._pages("list_policies_for_target", "Policies", TargetId=target, Filter=_SCP)
        ids = sorted(str(policy["Id"]) for policy in found)
        for policy in ids:
            if policy not in self._policies:
                answer = self._client.describe_policy(PolicyId=policy)["Policy"]
                summary = {key: answer["PolicySummary"].get(key, "") for key in ("Arn", "Name", "Type")}
                self._policies[policy] = {"Policy": {"Content": answer["Content"], "PolicySummary": summary}}
        return tuple(ids)

    def _pages(self, call: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        for page in self._client.get_paginator(call).paginate(**arguments):
            yield from page.get(key, ())


def _state(account: dict[str, Any]) -> str:
    # `Status` is retired in 2026 in favour of `State` (API Reference, Account); either may be there.
    return str(account.get("State") or account.get("Status") or "ACTIVE")
