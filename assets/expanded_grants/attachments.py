"""Which policies each principal carries: its own, its groups', its boundary, and what of them is missing."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from assets.expanded_grants.scps import Levels
from assets.expanded_grants.statements import Statement, read_statements
from assets.iam_snapshots.authorization_details import AccountDetails, Entity
from assets.iam_snapshots.policy_documents import PolicyDocument

# A group's name is unique within its account, an inline policy's within its user, role or group (IAM User Guide,
# "Limitations on IAM Entities and Objects"). A file that was put together by hand may have two.
_ONE_OF_A_NAME = "; IAM has one of a name, correct the file"


@dataclass(frozen=True, eq=False)
class Policy:
    """A policy as read; `missing` says why its document is not there, `problems` which statements are not.

    `unsure`: why its statements may not be those that hold.
    """

    arn: str | None
    name: str
    kind: str
    statements: tuple[Statement, ...] = ()
    problems: tuple[str, ...] = ()
    missing: str = ""
    unsure: str = ""


@dataclass(frozen=True, eq=False)
class Carrier:
    """A policy in the hand of a user, role, group or organisation level.

    `used_as` is identity (grants), boundary or scp (both only limit).
    """

    policy: Policy
    attached_to: str
    group: str = ""
    used_as: str = "identity"


@dataclass(frozen=True)
class Holdings:
    """Everything that decides what one principal may do; `problems` are pairs of code and detail."""

    principal: Entity
    identity: tuple[Carrier, ...]
    boundary: Carrier | None
    scps: tuple[tuple[Carrier, ...], ...]
    problems: tuple[tuple[str, str], ...]


def holdings(
    details: AccountDetails, scps: Levels | None = None, *, management_account: bool = False
) -> list[Holdings]:
    """Return the holdings of every user and role, sorted by ARN; each policy is read once.

    SCPs bind neither the organisation's management account nor service-linked roles (Organizations user
    guide, "Tasks and entities not restricted by SCPs").
    """
    shelf = _Shelf(details)
    levels = () if management_account or scps is None else tuple(_scp_carriers(scps))
    entities = sorted((*details.users, *details.roles), key=lambda entity: entity.arn)
    return [shelf.holdings(entity, () if entity.service_linked else levels) for entity in entities]


def _scp_carriers(levels: Levels) -> Iterable[tuple[Carrier, ...]]:
    for number, level in enumerate(levels, start=1):
        yield tuple(
            Carrier(
                _policy(scp.arn or None, scp.name, "managed", PolicyDocument(scp.document)),
                attached_to=f"organization level {number}",
                used_as="scp",
            )
            for scp in level
        )


def _policy(arn: str | None, name: str, kind: str, document: PolicyDocument) -> Policy:
    if document.body is None:
        return Policy(arn, name, kind, missing=document.problem)
    statements, problems = read_statements(document.body)
    return Policy(arn, name, kind, statements, problems)


class _Shelf:
    """The managed policies and groups of a file, each read once."""

    def __init__(self, details: AccountDetails) -> None:
        self._managed = {
            policy.arn: _policy(policy.arn, policy.name, "managed", policy.document)
            for policy in details.policies
        }
        self._absent: dict[str, Policy] = {}
        # A file may be merged from several accounts, and a group's name is unique only within its own.
        self._groups: dict[tuple[str, str], list[Entity]] = {}
        for group in details.groups:
            self._groups.setdefault((_account(group.arn), group.name), []).append(group)
        self._carried: dict[str, tuple[Carrier, ...]] = {
            group.arn: tuple(self._own(group, group.name)) for group in details.groups
        }

    def holdings(self, entity: Entity, levels: tuple[tuple[Carrier, ...], ...]) -> Holdings:
        identity = list(self._own(entity))
        problems: list[tuple[str, str]] = []
        for group in dict.fromkeys(entity.groups):
            called = self._groups.get((_account(entity.arn), group), [])
            for one in called:
                identity.extend(self._carried[one.arn])
            if not called:
                problems.append(("missing_group", f"group {group} is not in the snapshot"))
            elif len(called) > 1:
                arns = ", ".join(one.arn for one in called)
                problems.append(
                    ("missing_group", f"which group {group} is meant is not known: {arns}{_ONE_OF_A_NAME}")
                )
        boundary = None
        if entity.boundary:
            boundary = Carrier(self._find(entity.boundary, ""), entity.arn, used_as="boundary")
        scps = [carrier for level in levels for carrier in level]
        for carrier in (*identity, *([boundary] if boundary else []), *scps):
            problems.extend(_problems(carrier))
        return Holdings(entity, tuple(identity), boundary, levels, tuple(dict.fromkeys(problems)))

    def _own(self, entity: Entity, group: str = "") -> Iterable[Carrier]:
        named: dict[str, list[PolicyDocument]] = {}
        for inline in entity.inline:
            named.setdefault(inline.name, []).append(inline.document)
        for inline in entity.inline:
            policy = _policy(None, inline.name, "inline", inline.document)
            if any(document != inline.document for document in named[inline.name]):
                # One of them may be older: what each says is kept, and nothing is sure.
                unsure = f"is there {len(named[inline.name])} times with different documents{_ONE_OF_A_NAME}"
                policy = replace(policy, unsure=unsure)
            yield Carrier(policy, entity.arn, group)
        for arn, name in {attached.arn: attached.name for attached in entity.attached}.items():
            yield Carrier(self._find(arn, name), entity.arn, group)

    def _find(self, arn: str, name: str) -> Policy:
        known = self._managed.get(arn) or self._absent.get(arn)
        if known is None:
            reason = "it is not in the snapshot"
            known = self._absent[arn] = Policy(arn, name or arn.rpartition("/")[2], "managed", missing=reason)
        return known


def _account(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") >= 5 else ""


def _problems(carrier: Carrier) -> Iterable[tuple[str, Any]]:
    policy = carrier.policy
    label = policy.arn or f"{policy.name} ({carrier.attached_to})"
    if policy.missing:
        code = "missing_boundary" if carrier.used_as == "boundary" else "missing_policy"
        yield code, f"{carrier.used_as} policy {label}: {policy.missing}"
    if policy.unsure:
        yield "missing_policy", f"{carrier.used_as} policy {label}: {policy.unsure}"
    for problem in policy.problems:
        yield "invalid_statement", f"{carrier.used_as} policy {label}: {problem}"
