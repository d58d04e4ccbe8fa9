"""Who may assume a role: the JSON cases below tests/cases/trust, and whether a grant reaches it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.role_sessions.trust import Candidate, granted_on, matches, may_assume
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


@given(st.text(alphabet="ab:[].*?$", max_size=8))
def test_a_text_without_wildcards_means_itself_and_a_star_everything(text: str) -> None:
    plain = text.replace("*", "").replace("?", "")
    assert matches(plain, plain)
    assert matches("*", text)
    assert matches(f"{plain}?", f"{plain}x")
    assert not matches(plain, f"{plain}x")
