"""Every JSON case of `tests/cases/grants`, through the whole account and through the story of one action."""

from typing import Any

import pytest

from assets.expanded_grants.explain import explain_action
from assets.expanded_grants.frames import expand_account
from tests.assets.expanded_grants.grant_cases import (
    ALICE,
    account_of,
    all_cases,
    expected_grants,
    scps_of,
    small_catalogue,
)

CASES = all_cases()
CATALOGUE = small_catalogue()


def test_there_are_cases_and_each_says_where_its_rule_is_from() -> None:
    assert len(CASES) >= 110
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert all(case["source"] for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    principal = case.get("principal", ALICE)
    management = case.get("management_account", False)
    expanded = expand_account(account_of(case), CATALOGUE, scps=scps_of(case), management_account=management)
    rows = [row for row in expanded.grants.rows(named=True) if row["principal_arn"] == principal]
    sources = {row["id"]: row for row in expanded.sources.rows(named=True)}
    patterns = {
        name: {row["action"]: sorted(sources[source]["pattern"] for source in row[name]) for row in rows}
        for name in ("granted_by", "restricted_by")
    }
    groups = {row["action"]: sorted(sources[source]["group"] for source in row["granted_by"]) for row in rows}
    problems = [
        row["problem"] for row in expanded.problems.rows(named=True) if row["principal_arn"] == principal
    ]

    got = {row["action"]: "restricted" if row["restricted"] else "full" for row in rows}
    assert got == expected_grants(case, CATALOGUE)
    assert problems == case.get("problems", [])
    assert [row["action"] for row in rows if row["unknown_action"]] == case.get("unknown", [])
    for name, found in patterns.items():
        assert found | case.get(name, {}) == found
    assert groups | case.get("groups", {}) == groups
    assert all(row["granted_by"] for row in rows)
    assert all(
        sources[source]["effect"] == "Allow" and sources[source]["used_as"] == "identity"
        for row in rows
        for source in row["granted_by"]
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_explanation_of_case(case: dict[str, Any]) -> None:
    """The story of every action agrees with the table: verdict, sources and reason."""
    details, scps = account_of(case), scps_of(case)
    principal = case.get("principal", ALICE)
    management = case.get("management_account", False)
    expanded = expand_account(details, CATALOGUE, scps=scps, management_account=management)
    rows = {
        row["action"]: row for row in expanded.grants.rows(named=True) if row["principal_arn"] == principal
    }
    why_not = case.get("why_not", {})
    for action in dict.fromkeys((*CATALOGUE.actions, *rows, *why_not)):
        story = explain_action(
            details, principal, action.upper(), CATALOGUE, scps, management_account=management
        )
        row = rows.get(action)
        assert story.granted == (story.reason == "granted") == (row is not None), action
        assert [problem for problem, _ in sorted(story.problems)] == case.get("problems", [])
        if row is not None:
            assert story.restricted == row["restricted"], action
            if story.known:  # an unknown action's spelling is the policy's, not the question's
                assert story.action == action
            assert [source["id"] for source in story.allowing] == row["granted_by"], action
            assert [source["id"] for source in story.restricting] == row["restricted_by"], action
            assert not story.denying
        if action in why_not:
            assert [story.reason, story.decided_by] == why_not[action], action
        if story.reason == "denied":
            assert story.denying
