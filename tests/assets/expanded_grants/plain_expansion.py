"""The tables `expanded_grants` and `grant_sources` made the plain way: action by action, statement by statement.

Written from what IAM means and from what the tables promise, with none of the code under test.
"""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from hashlib import blake2b, sha256
from typing import Any, NamedTuple

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.schema import GRANTS, GRANTS_KEY, SOURCES, SOURCES_KEY
from assets.expanded_grants.scps import Scp

Json = dict[str, Any]


def content_hash(frame: pl.DataFrame) -> str:
    """A hash of a frame's columns, types and rows, however they lie in memory."""
    digest = sha256(str(frame.schema).encode())
    for rows in frame.iter_slices(50_000):
        digest.update(rows.write_ndjson().encode())
    return digest.hexdigest()


class Rule(NamedTuple):
    """A pattern of a statement in somebody's hand: its row of `grant_sources`, and what it means."""

    id: str
    row: tuple[Any, ...]
    allow: bool
    everywhere: bool
    actions: frozenset[str]
    literal: str


class Plain:
    """One account."""

    def __init__(self, account: Json, catalogue: Catalogue, scps: list[list[Scp]] | None = None) -> None:
        self.account, self.scps = account, scps or []
        self.rows = {
            action.lower(): (action, level, action in catalogue.unverified, False)
            for action, level in zip(catalogue.actions, catalogue.access_levels, strict=True)
        }
        self.groups = {group["GroupName"]: group for group in account["GroupDetailList"]}
        self.policies = {policy["Arn"]: policy for policy in account["Policies"]}
        self.meanings: dict[str, frozenset[str]] = {}
        self.catalogue = frozenset(self.rows)
        entities = [*account["UserDetailList"], *account["RoleDetailList"]]
        self.entities = sorted(entities, key=lambda entity: str(entity["Arn"]))
        spellings = [
            pattern
            for entity in self.entities
            for _, document in self.identity(entity)
            for statement in listed(document["Statement"])
            if statement["Effect"] == "Allow"
            for pattern in listed(statement.get("Action", []))
            if not set(pattern) & {"*", "?"} and pattern.lower() not in self.catalogue
        ]
        for pattern in sorted(spellings, reverse=True):
            self.rows[pattern.lower()] = (pattern, "", False, True)

    def identity(self, entity: Json) -> Iterator[tuple[tuple[Any, ...], Json]]:
        """The carriers (columns of `grant_sources`) and documents of a user or role and of its groups."""
        yield from self._own(entity, "")
        for name in entity.get("GroupList", []):
            yield from self._own(self.groups[name], name)

    def _own(self, holder: Json, group: str) -> Iterator[tuple[tuple[Any, ...], Json]]:
        for key in ("UserPolicyList", "RolePolicyList", "GroupPolicyList"):
            for policy in holder.get(key, []):
                yield (
                    (None, policy["PolicyName"], "inline", "identity", holder["Arn"], group),
                    policy["PolicyDocument"],
                )
        for attached in holder["AttachedManagedPolicies"]:
            policy = self.policies[attached["PolicyArn"]]
            yield (
                (policy["Arn"], policy["PolicyName"], "managed", "identity", holder["Arn"], group),
                default_version(policy),
            )

    def limits(self, entity: Json) -> Iterator[list[tuple[tuple[Any, ...], Json]]]:
        """The boundary, then each level of SCPs."""
        if "PermissionsBoundary" in entity:
            policy = self.policies[entity["PermissionsBoundary"]["PermissionsBoundaryArn"]]
            carrier = (policy["Arn"], policy["PolicyName"], "managed", "boundary", entity["Arn"], "")
            yield [(carrier, default_version(policy))]
        if not entity.get("Path", "/").startswith("/aws-service-role/"):
            for number, level in enumerate(self.scps, 1):
                yield [
                    (
                        (scp.arn or None, scp.name, "managed", "scp", f"organization level {number}", ""),
                        dict(scp.document),
                    )
                    for scp in level
                ]

    def meant(self, pattern: str) -> frozenset[str]:
        """All actions that a pattern means, those that only policies know too."""
        pattern = pattern.lower()
        if pattern not in self.meanings:
            service = pattern.partition(":")[0]
            regex = re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
            likely = self.rows if set(service) & {"*", "?"} else self._of(service)
            self.meanings[pattern] = frozenset(action for action in likely if regex.fullmatch(action))
        return self.meanings[pattern]

    def _of(self, service: str) -> Iterable[str]:
        if not hasattr(self, "services"):
            self.services: dict[str, list[str]] = {}
            for action in self.rows:
                self.services.setdefault(action.partition(":")[0], []).append(action)
        return self.services.get(service, [])

    def rules(self, carried: Iterable[tuple[tuple[Any, ...], Json]]) -> Iterator[Rule]:
        """What these policies say."""
        for carrier, document in carried:
            for index, one in enumerate(listed(document["Statement"])):
                condition = one.get("Condition") or {}
                resources = list(dict.fromkeys(listed(one.get("Resource", one.get("NotResource")))))
                everywhere = not condition and "Resource" in one and "*" in resources
                said = json.dumps(condition, separators=(",", ":"), sort_keys=True) if condition else ""
                if "Action" in one:
                    patterns = list(dict.fromkeys(listed(one["Action"])))
                    meant = [(pattern, self.meant(pattern)) for pattern in patterns]
                else:
                    excluded = frozenset().union(*(self.meant(p) for p in listed(one["NotAction"])))
                    patterns = list(dict.fromkeys(listed(one["NotAction"])))
                    meant = [(", ".join(patterns), frozenset(self.rows) - excluded)]
                for pattern, actions in meant:
                    row = (
                        index,
                        one.get("Sid", ""),
                        pattern,
                        "Action" if "Action" in one else "NotAction",
                        one["Effect"],
                        said,
                        json.dumps(resources),
                        "NotResource" in one,
                    )
                    literal = pattern.lower() if "Action" in one and not set(pattern) & {"*", "?"} else ""
                    key = digest(json.dumps(carrier), 32) + digest(json.dumps(row), 32)
                    short = urlsafe_b64encode(blake2b(key, digest_size=9).digest()).decode()
                    yield Rule(
                        short, (*carrier, *row), one["Effect"] == "Allow", everywhere, actions, literal
                    )

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return `expanded_grants` and `grant_sources`."""
        grants: list[tuple[Any, ...]] = []
        sources: dict[str, tuple[Any, ...]] = {}
        for entity in self.entities:
            kind = "user" if "UserName" in entity else "role"
            title = kind.capitalize()
            who = (entity["Arn"], entity[f"{title}Id"], kind, entity[f"{title}Name"])
            own = list(self.rules(self.identity(entity)))
            limits = [list(self.rules(carried)) for carried in self.limits(entity)]
            known = self.catalogue | {rule.literal for rule in own if rule.allow and rule.literal}
            for action in frozenset().union(*(rule.actions for rule in own if rule.allow)) & known:
                verdict = one_action(action, own, limits)
                if verdict is not None:
                    restricted, granting, restricting = verdict
                    sources.update({rule.id: (rule.id, *rule.row) for rule in (*granting, *restricting)})
                    name, level, unverified, unknown = self.rows[action]
                    ids = [sorted({rule.id for rule in rules}) for rules in (granting, restricting)]
                    aws = all((rule.row[0] or "").startswith("arn:aws:iam::aws:policy/") for rule in granting)
                    grants.append((*who, name, level, restricted, *ids, None, unverified, unknown, aws))
        return (
            pl.DataFrame(grants, GRANTS, orient="row").sort(GRANTS_KEY),
            pl.DataFrame(list(sources.values()), SOURCES, orient="row").sort(SOURCES_KEY),
        )


def one_action(
    action: str, own: list[Rule], limits: list[list[Rule]]
) -> tuple[bool, list[Rule], list[Rule]] | None:
    """Whether it is restricted, what grants and what restricts it; None where it is not granted."""
    restricted, restricting = False, []
    for rules in (own, *limits):
        mine = [rule for rule in rules if action in rule.actions]
        allows = [rule for rule in mine if rule.allow]
        if not allows or any(not rule.allow and rule.everywhere for rule in mine):
            return None
        restricting += [rule for rule in mine if not rule.allow]
        if not any(rule.everywhere for rule in allows):
            restricted = True
            restricting += allows if rules is not own else []
    granting = [rule for rule in own if rule.allow and action in rule.actions]
    partly_denied = any(not rule.allow for rule in restricting)
    return restricted or partly_denied, granting, restricting


def default_version(policy: Json) -> Json:
    """The document in force."""
    return next(dict(v["Document"]) for v in policy["PolicyVersionList"] if v["IsDefaultVersion"])


def listed(value: Any) -> list[Any]:
    """A value as a list."""
    return value if isinstance(value, list) else [value]


def digest(text: str, size: int) -> bytes:
    """A hash."""
    return blake2b(text.encode(), digest_size=size).digest()
