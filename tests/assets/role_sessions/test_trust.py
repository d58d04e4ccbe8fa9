"""Who may assume a role: the JSON cases below tests/cases/trust, and whether a grant reaches it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.expanded_grants.limits import limits_on
from assets.expanded_grants.scps import Scp
from assets.iam_snapshots.authorization_details import parse_details
from assets.role_sessions.caller_policies import denied_on, granted_on, matches
from assets.role_sessions.trust import Candidate, may_assume
from tests.build import allow, iam, role, user
from tests.conftest import CHECKOUT

CASES = sorted((CHECKOUT / "tests" / "cases" / "trust").glob("*.json"))
ROLE = "arn:aws:iam::111111111111:role/team/admin"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    candidates = [Candidate(**one) for one in case["candidates"]]
    for order in (candidates, candidates[::-1]):
        found = may_assume(case["document"], case["role"], order)
        assert [{"kind": may.kind, "principal": may.principal, "may": may.may} for may in found] == case[
            "expected"
        ]
        assert all(may.because for may in found)


def _source(*resources: str, **more: Any) -> dict[str, Any]:
    return {
        "effect": "Allow",
        "used_as": "identity",
        "condition": "",
        "resources": list(resources),
        "not_resources": False,
        **more,
    }


@pytest.mark.parametrize(
    ("allowing", "limiting", "granted"),
    [
        ([_source("*")], [], "yes"),
        ([_source(ROLE)], [], "yes"),
        ([_source("arn:aws:iam::*:role/team/*")], [], "yes"),
        ([_source("arn:aws:iam::111111111111:role/team/admi?")], [], "yes"),
        ([_source("arn:aws:iam::111111111111:role/admin")], [], "no"),
        ([_source("arn:aws:iam::111111111111:role/team/Admin")], [], "no"),
        ([_source("*", condition='{"Bool":{}}')], [], "conditional"),
        ([_source("*", condition='{"Bool":{}}'), _source(ROLE)], [], "yes"),
        ([_source("arn:aws:iam::111111111111:role/${aws:username}")], [], "conditional"),
        ([_source("arn:aws:iam::222222222222:role/*", not_resources=True)], [], "yes"),
        ([_source(ROLE, not_resources=True)], [], "no"),
        ([_source("*")], [_source(ROLE, effect="Deny")], "no"),
        ([_source("*")], [_source(ROLE, effect="Deny", condition="{}")], "conditional"),
        ([_source("*")], [_source("arn:aws:iam::1:role/x", effect="Deny")], "yes"),
        ([_source("*")], [_source("arn:aws:iam::1:role/x", used_as="boundary")], "conditional"),
        ([_source("*")], [_source(ROLE, used_as="boundary")], "yes"),
        ([_source("*")], [_source(ROLE, used_as="scp", condition="{}")], "conditional"),
        ([], [], "no"),
    ],
)
def test_a_grant_reaches_the_role(
    allowing: list[dict[str, Any]], limiting: list[dict[str, Any]], granted: str
) -> None:
    assert granted_on(ROLE, allowing, limiting) == granted


BOUNDARY = "arn:aws:iam::111111111111:policy/boundary"
DENY = {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}
MFA = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
ALLOW = allow("sts:AssumeRole")


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _denied(own: list[Any], *, kind: str, boundary: list[Any] | None, scps: list[list[Any]] | None) -> str:
    """Return what `denied_on` says of a user or role with those statements."""
    entry = (user if kind == "user" else role)("it", *own)
    if boundary is not None:
        entry["PermissionsBoundary"] = {"PermissionsBoundaryArn": BOUNDARY}
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": _document(*(boundary or []))}
    policy = {
        "PolicyName": "boundary",
        "Arn": BOUNDARY,
        "DefaultVersionId": "v1",
        "PolicyVersionList": [version],
    }
    levels = None if scps is None else [[Scp("scp", _document(*level))] for level in scps]
    details = parse_details(json.dumps(iam(entry, Policies=[policy])).encode(), "iam.json")
    found = limits_on(details, "sts:AssumeRole", {entry["Arn"]}, levels)
    return denied_on(ROLE, kind, found[entry["Arn"]])


@pytest.mark.parametrize("kind", ["user", "role"])
@pytest.mark.parametrize(
    ("own", "boundary", "scps", "denied"),
    [
        ([], None, None, "no"),
        ([ALLOW], None, None, "no"),
        ([DENY], None, None, "yes"),
        ([ALLOW, DENY], None, None, "yes"),
        ([{**DENY, "Action": "s3:*"}], None, None, "no"),
        ([{"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}], None, None, "yes"),
        ([{**DENY, "Resource": ROLE}], None, None, "yes"),
        ([{**DENY, "Resource": "arn:aws:iam::111111111111:role/other"}], None, None, "no"),
        ([{**DENY, **MFA}], None, None, "conditional"),
        ([{**DENY, "Resource": "arn:aws:iam::*:role/${aws:username}"}], None, None, "conditional"),
        ([], [ALLOW], None, "no"),
        ([], [ALLOW, DENY], None, "yes"),
        ([], None, [[ALLOW], [ALLOW]], "no"),
        ([], None, [[ALLOW], [allow("s3:*")]], "yes"),
        ([], None, [[ALLOW, DENY]], "yes"),
        ([], None, [[ALLOW, {**DENY, **MFA}]], "conditional"),
        ([], None, [[{**ALLOW, "Resource": "arn:aws:iam::111111111111:role/other"}]], "yes"),
        ([], None, [[{**ALLOW, **MFA}]], "conditional"),
    ],
)
def test_what_keeps_a_caller_from_a_role_whose_trust_policy_names_it(
    kind: str, own: list[Any], boundary: list[Any] | None, scps: list[list[Any]] | None, denied: str
) -> None:
    assert _denied(own, kind=kind, boundary=boundary, scps=scps) == denied


@pytest.mark.parametrize(("kind", "denied"), [("user", "no"), ("role", "conditional")])
def test_a_boundary_limits_roles_only(kind: str, denied: str) -> None:
    for allows in ([allow("s3:*")], [{**ALLOW, **MFA}], []):
        assert _denied([ALLOW], kind=kind, boundary=allows, scps=None) == denied


@given(st.text(alphabet="ab:[].*?$", max_size=8))
def test_a_text_without_wildcards_means_itself_and_a_star_everything(text: str) -> None:
    plain = text.replace("*", "").replace("?", "")
    assert matches(plain, plain)
    assert matches("*", text)
    assert matches(f"{plain}?", f"{plain}x")
    assert not matches(plain, f"{plain}x")
