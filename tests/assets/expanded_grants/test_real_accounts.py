"""The two real-looking accounts beside the checkout, against an independent, naive reading of their JSON."""

import fnmatch
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.aws_actions.catalogue import Catalogue, published_actions
from assets.expanded_grants.frames import Expanded, expand_account
from assets.iam_snapshots.authorization_details import parse_details

DATA = Path(__file__).parents[4] / "shared" / "data"
LARGE, REAL = DATA / "iam-large.json", DATA / "real-account" / "iam.json"


def _needs(file: Path) -> pytest.MarkDecorator:
    whole = file.exists() and file.read_bytes()[:1] == b"{"
    return pytest.mark.skipif(not whole, reason=f"{file} is not there, or no JSON")


needs_large, needs_real = _needs(LARGE), _needs(REAL)
FILES = [
    pytest.param(LARGE, marks=needs_large, id="iam-large"),
    pytest.param(REAL, marks=needs_real, id="real-account"),
]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.from_frame(published_actions().with_columns(pl.lit(False).alias("unverified")))


@pytest.fixture(scope="module")
def expanded(catalogue: Catalogue) -> Any:
    made: dict[Path, Expanded] = {}

    def expand(file: Path) -> Expanded:
        if file not in made:
            made[file] = expand_account(parse_details(file.read_bytes(), file.name), catalogue)
        return made[file]

    return expand


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Naive:
    """Sets of lower-case strings, straight from the JSON: written without any of the code under test."""

    def __init__(self, account: dict[str, Any], catalogue: Catalogue) -> None:
        self.actions = frozenset(action.lower() for action in catalogue.actions)
        self.services: dict[str, list[str]] = {}
        for action in self.actions:
            self.services.setdefault(action.split(":")[0], []).append(action)
        self.groups = {group["GroupName"]: group for group in account["GroupDetailList"]}
        self.managed = {
            policy["Arn"]: next(v["Document"] for v in policy["PolicyVersionList"] if v["IsDefaultVersion"])
            for policy in account["Policies"]
        }

    def meant(self, pattern: str) -> list[str]:
        pattern = pattern.lower()
        if not set(pattern) & {"*", "?"}:
            return [pattern]  # known or not
        service = pattern.split(":")[0]
        candidates = self.actions if set(service) & {"*", "?"} else self.services.get(service, [])
        assert "[" not in pattern
        return fnmatch.filter(candidates, pattern)

    def said(self, documents: list[Any]) -> tuple[set[str], set[str], set[str], set[str]]:
        sets: tuple[set[str], set[str], set[str], set[str]] = (set(), set(), set(), set())
        for document in documents:
            for statement in as_list(document["Statement"]):
                named = {a for p in as_list(statement.get("Action", [])) for a in self.meant(p)}
                if "NotAction" in statement:
                    named = self.actions - {a for p in as_list(statement["NotAction"]) for a in self.meant(p)}
                always = "*" in as_list(statement.get("Resource", [])) and not statement.get("Condition")
                sets[(0 if statement["Effect"] == "Allow" else 2) + (not always)].update(named)
        return sets

    def grants(self, entity: dict[str, Any]) -> dict[str, bool]:
        documents = []
        for holder in (entity, *(self.groups[name] for name in entity.get("GroupList", []))):
            for key in ("UserPolicyList", "RolePolicyList", "GroupPolicyList"):
                documents += [policy["PolicyDocument"] for policy in holder.get(key, [])]
            documents += [self.managed[policy["PolicyArn"]] for policy in holder["AttachedManagedPolicies"]]
        full, partly, denied, hampered = self.said(documents)
        granted = (full | partly) - denied
        restricted = granted - full | granted & hampered
        if "PermissionsBoundary" in entity:
            boundary = self.managed[entity["PermissionsBoundary"]["PermissionsBoundaryArn"]]
            full, partly, denied, hampered = self.said([boundary])
            granted = granted & (full | partly) - denied
            restricted = restricted & granted | granted - full | granted & hampered
        return {action: action in restricted for action in granted}


@pytest.mark.parametrize("file", FILES)
def test_every_principal_as_the_naive_reading(file: Path, catalogue: Catalogue, expanded: Any) -> None:
    account = json.loads(file.read_text("utf-8"))
    naive = Naive(account, catalogue)
    tables = expanded(file)
    found: dict[str, dict[str, bool]] = {}
    for arn, action, restricted in tables.grants.select("principal_arn", "action", "restricted").iter_rows():
        found.setdefault(arn, {})[action.lower()] = restricted
    entities = [*account["UserDetailList"], *account["RoleDetailList"]]
    for entity in entities:
        same = found.get(entity["Arn"], {}) == naive.grants(entity)
        assert same, entity["Arn"]  # pytest would spend half a minute on comparing the dicts
    assert found.keys() <= {entity["Arn"] for entity in entities}
    assert tables.problems.is_empty()


def names(expanded: Expanded, principal: str, prefix: str = "") -> list[str]:
    here = (pl.col("principal_name") == principal) & pl.col("action").str.starts_with(prefix)
    return expanded.grants.filter(here)["action"].to_list()


def sources(expanded: Expanded, principal: str) -> pl.DataFrame:
    grants = expanded.grants.filter(pl.col("principal_name") == principal)
    return expanded.sources.filter(pl.col("id").is_in(grants["granted_by"].explode().unique().to_list()))


@needs_large
@pytest.mark.parametrize("principal", ["fn4-exploitableNotAction-user", "fn4-exploitableNotAction-role"])
def test_not_action_by_hand(expanded: Any, catalogue: Catalogue, principal: str) -> None:
    """Its one policy allows everything but iam:Update*, iam:Create* and iam:Attach*."""
    cut = ("iam:Update", "iam:Create", "iam:Attach")
    assert names(expanded(LARGE), principal) == sorted(a for a in catalogue.actions if not a.startswith(cut))
    (source,) = sources(expanded(LARGE), principal).rows(named=True)
    assert (source["pattern"], source["pattern_kind"]) == (
        "iam:Update*, iam:Create*, iam:Attach*",
        "NotAction",
    )


@needs_large
@pytest.mark.parametrize(
    "principal", ["fp1-allow-and-deny-user", "fp1-allow-and-deny-role", "fp3-deny-iam-user"]
)
def test_deny_by_hand(expanded: Any, principal: str) -> None:
    """fp1 allows iam:* and denies it in the same policy, fp3 only denies it: nothing is left."""
    assert names(expanded(LARGE), principal) == []


@needs_large
def test_group_by_hand(expanded: Any, catalogue: Catalogue) -> None:
    """privesc-sre-user has no policy; its group carries privesc-sre-admin-policy: iam:*, ec2:*, s3:*."""
    expected = sorted(a for a in catalogue.actions if a.split(":")[0] in ("iam", "ec2", "s3"))
    assert names(expanded(LARGE), "privesc-sre-user") == expected
    found = sources(expanded(LARGE), "privesc-sre-user")
    assert sorted(found["pattern"]) == ["ec2:*", "iam:*", "s3:*"]
    assert found["group"].unique().to_list() == ["privesc-sre-group"]


@needs_large
def test_user_and_group_by_hand(expanded: Any) -> None:
    """biden may put and get by an inline policy, get by the group's, besides two full-access policies."""
    tables = expanded(LARGE)
    through = {
        row["action"]: sorted(
            tables.sources.filter(pl.col("id").is_in(row["granted_by"]), pl.col("policy_kind") == "inline")[
                "group"
            ]
        )
        for row in tables.grants.filter(pl.col("principal_name") == "biden").rows(named=True)
        if row["action"] in ("s3:PutObject", "s3:GetObject", "s3:PutObjectAcl")
    }
    assert through == {"s3:PutObject": [""], "s3:GetObject": ["", "biden"], "s3:PutObjectAcl": ["", "biden"]}


@needs_large
def test_one_literal_by_hand(expanded: Any) -> None:
    assert names(expanded(LARGE), "privesc8-AttachGroupPolicy-user") == ["iam:AttachGroupPolicy"]


@needs_real
def test_boundary_by_hand(expanded: Any) -> None:
    """The stratus user is bounded by ReadOnlyAccess: nothing that writes is left of what it carries."""
    tables = expanded(REAL)
    user = "stratus-red-team-nmfalu-gfjyeaypjt"
    assert names(tables, user, "ce:")  # auditors: ce:Get*
    assert not {"s3:PutObject", "iam:CreateUser", "ec2:RunInstances"} & set(names(tables, user))
    levels = tables.grants.filter(pl.col("principal_name") == user)["access_level"].unique()
    assert "Permissions management" not in levels.to_list()


@needs_large
def test_122_principals(expanded: Any) -> None:
    account = json.loads(LARGE.read_text("utf-8"))
    assert len(account["UserDetailList"]) + len(account["RoleDetailList"]) == 122
    assert expanded(LARGE).grants["principal_arn"].n_unique() >= 100
