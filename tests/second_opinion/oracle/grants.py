"""What each user and role is granted, action by action: DESIGN 3, Grants."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.second_opinion.oracle.policies import Json, Rule, default_document, document_of, listed, rules_of


@dataclass(frozen=True)
class Grant:
    """`action` is spelled as in the catalogue; one that the catalogue does not know is `unknown`, as written."""

    action: str
    restricted: bool
    unknown: bool


@dataclass(frozen=True)
class Holder:
    """A user or role: what it is granted (by action in lower case), and whether something of it cannot be read."""

    arn: str
    id: str
    kind: str
    name: str
    entry: Json
    grants: dict[str, Grant]
    problem: bool


def holders_of(
    details: Json, catalogue: Iterable[str], scps: list[list[Any]], *, management_account: bool
) -> list[Holder]:
    """Return every user and role of a file of get-account-authorization-details.

    `scps`: the documents of each level of the organisation from the root down; none where the configuration has none.
    """
    return _Account(details, catalogue, [] if management_account else scps).holders()


def meant_by(pattern: str, actions: Iterable[str]) -> set[str]:
    """Return which of the actions (lower case) a pattern means: `*` and `?` are wildcards, case is ignored."""
    text = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern.lower())
    match = re.compile(text, re.DOTALL).fullmatch
    return {action for action in actions if match(action)}


@dataclass
class _Layer:
    """The statements of one kind that all have to allow an action: the identity's, the boundary's, an SCP level's."""

    rules: list[Rule]
    broken: bool = False


class _Account:
    def __init__(self, details: Json, catalogue: Iterable[str], scps: list[list[Any]]) -> None:
        self._details = details
        self._catalogue = {action.lower(): action for action in catalogue}
        self._meanings: dict[str, set[str]] = {}
        self._policies = {policy["Arn"]: policy for policy in details.get("Policies") or []}
        self._levels = [self._read(level) for level in scps]

    def holders(self) -> list[Holder]:
        found: dict[str, Holder] = {}
        for kind, key in (("user", "UserDetailList"), ("role", "RoleDetailList")):
            for entry in self._details.get(key) or []:
                found[entry["Arn"]] = self._holder(kind, entry)
        return list(found.values())

    def _holder(self, kind: str, entry: Json) -> Holder:
        identity = self._identity(entry)
        problem = identity.broken or self._lacks_a_group(entry)
        layers = [identity]
        boundary = (entry.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        if boundary:
            # DESIGN 3, Grants: a permissions boundary intersects; one that is not in the snapshot makes the verdicts
            # unknown. Nobody knows what it takes away, so it takes nothing away (tests/cases/grants/missing.json).
            document = default_document(self._policies.get(boundary) or {})
            limit = self._read([document])
            problem |= limit.broken
            if document is not None:
                layers.append(limit)
        # DESIGN 3, Grants: SCPs intersect at every level, but not for service-linked roles.
        if not (kind == "role" and (entry.get("Path") or "/").startswith("/aws-service-role/")):
            layers += self._levels
            problem |= any(level.broken for level in self._levels)
        title = kind.capitalize()
        return Holder(
            arn=entry["Arn"],
            id=entry.get(f"{title}Id") or "",
            kind=kind,
            name=entry.get(f"{title}Name") or entry["Arn"].rpartition("/")[2],
            entry=entry,
            grants=self._granted(layers),
            problem=problem,
        )

    def _identity(self, entry: Json) -> _Layer:
        """Users get their own, their groups' and their managed policies; roles theirs (DESIGN 3, Grants)."""
        carriers = [
            entry,
            *(group for name in entry.get("GroupList") or [] for group in self._groups(entry, name)),
        ]
        documents, twice = [], False
        for carrier in carriers:
            inline: dict[str, list[Json | None]] = {}
            for key in ("UserPolicyList", "RolePolicyList", "GroupPolicyList"):
                for policy in carrier.get(key) or []:
                    inline.setdefault(policy["PolicyName"], []).append(
                        document_of(policy.get("PolicyDocument"))
                    )
            documents += [document for some in inline.values() for document in some]
            # README, Reasons, missing_policy: "is there twice". The same one twice is one (grants/missing.json).
            twice |= any(other != some[0] for some in inline.values() for other in some)
            for attached in carrier.get("AttachedManagedPolicies") or []:
                documents.append(default_document(self._policies.get(attached["PolicyArn"]) or {}))
        layer = self._read(documents)
        return _Layer(layer.rules, layer.broken or twice)

    def _groups(self, entry: Json, name: str) -> list[Json]:
        """Return the groups of that name in the account of a user: a file may be merged from several accounts."""
        account = entry["Arn"].split(":")[4]
        groups = {group["Arn"]: group for group in self._details.get("GroupDetailList") or []}
        return [
            group
            for arn, group in groups.items()
            if group["GroupName"] == name and arn.split(":")[4] == account
        ]

    def _lacks_a_group(self, entry: Json) -> bool:
        # Data dictionary, grant_problems: missing_group. README, Reasons: "is there twice".
        return any(len(self._groups(entry, name)) != 1 for name in entry.get("GroupList") or [])

    def _read(self, documents: list[Any]) -> _Layer:
        layer = _Layer([])
        for document in documents:
            if document is None:
                layer.broken = True
                continue
            rules, broken = rules_of(document)
            layer.rules += rules
            layer.broken |= broken
        return layer

    def _granted(self, layers: list[_Layer]) -> dict[str, Grant]:
        # DESIGN 3, Grants: a literal action in a policy that the catalogue does not know is kept as a grant, flagged.
        # That holds for whom it is written out for: wildcards mean the actions of the catalogue.
        unknown = {
            pattern.lower(): pattern
            for rule in layers[0].rules
            for pattern in rule.patterns
            if rule.allow and not rule.negated and not set(pattern) & {"*", "?"}
            if pattern.lower() not in self._catalogue
        }
        granted = set(self._catalogue) | set(unknown)
        restricted: set[str] = set()
        for layer in layers:
            said: dict[tuple[bool, bool], set[str]] = {}
            for rule in layer.rules:
                said.setdefault((rule.allow, rule.everywhere), set()).update(self._meaning(rule, unknown))
            fully, partly = said.get((True, True), set()), said.get((True, False), set())
            # A Deny without conditions on all resources removes the action; any other Deny only marks it restricted.
            granted &= (fully | partly) - said.get((False, True), set())
            # A conditioned or resource-limited Allow grants, restricted; one without limits beside it lifts that.
            restricted |= (partly - fully) | said.get((False, False), set())
        return {
            action: Grant(
                unknown.get(action) or self._catalogue[action], action in restricted, action in unknown
            )
            for action in granted
        }

    def _meaning(self, rule: Rule, unknown: dict[str, str]) -> set[str]:
        meant: set[str] = set()
        for pattern in rule.patterns:
            if pattern not in self._meanings:
                self._meanings[pattern] = meant_by(pattern, self._catalogue)
            meant |= self._meanings[pattern] | meant_by(pattern, unknown)
        # DESIGN 3, Grants: Allow with `NotAction` grants the catalogue minus the matches.
        return ({*self._catalogue, *unknown} - meant) if rule.negated else meant


def scp_documents(levels: list[list[Any]]) -> list[list[Json | None]]:
    """Return the documents of SCP files: each is a policy document, or an answer of describe-policy (README)."""
    return [[_content(file) for file in listed(level)] for level in levels]


def _content(file: Json) -> Json | None:
    return document_of((file.get("Policy") or {}).get("Content")) if "Policy" in file else document_of(file)
