"""Laws of the evaluation: what can only take away never adds, and nothing depends on spelling or order."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.expanded_grants.explain import explain_action
from assets.expanded_grants.frames import expand_account
from assets.expanded_grants.scps import Scp
from assets.iam_snapshots.authorization_details import parse_details
from tests.assets.expanded_grants.grant_cases import ALICE, small_catalogue

CATALOGUE = small_catalogue()
Grants = dict[str, bool]

patterns = st.sampled_from(
    [
        "*",
        "s3:*",
        "s3:Get*",
        "S3:GETOBJECT",
        "iam:*",
        "iam:?etUser",
        "*:*et*",
        "s3:New",
        "s3:N*",
        "ec2:Run*",
        "nosuch:*",
    ]
)


def statements(*effects: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda effect, key, actions, resource, condition: {
            "Effect": effect,
            key: actions,
            **resource,
            **({"Condition": {"Bool": {"aws:SecureTransport": "true"}}} if condition else {}),
        },
        st.sampled_from(effects),
        st.sampled_from(["Action", "Action", "NotAction"]),
        st.lists(patterns, min_size=1, max_size=3),
        st.sampled_from(
            [{"Resource": "*"}, {"Resource": "*"}, {"Resource": "arn:x"}, {"NotResource": "arn:x"}]
        ),
        st.sampled_from([False, False, True]),
    )


policies = st.lists(statements("Allow", "Allow", "Deny"), max_size=4)
denies = st.lists(statements("Deny"), min_size=1, max_size=2)
limits = st.lists(statements("Allow", "Deny"), max_size=3)


def raw(policy: list[dict[str, Any]], boundary: list[dict[str, Any]] | None = None) -> bytes:
    user: dict[str, Any] = {"UserName": "alice", "UserId": "AIDAALICE", "Arn": ALICE}
    user["UserPolicyList"] = [{"PolicyName": "p", "PolicyDocument": {"Statement": policy}}]
    account: dict[str, Any] = {"UserDetailList": [user], "RoleDetailList": [], "Policies": []}
    if boundary is not None:
        user["PermissionsBoundary"] = {"PermissionsBoundaryArn": "arn:b"}
        versions = [{"VersionId": "v1", "IsDefaultVersion": True, "Document": {"Statement": boundary}}]
        account["Policies"] = [{"Arn": "arn:b", "PolicyName": "b", "PolicyVersionList": versions}]
    return json.dumps(account).encode()


def grants(
    policy: list[dict[str, Any]],
    boundary: list[dict[str, Any]] | None = None,
    scp: list[dict[str, Any]] | None = None,
) -> Grants:
    """Action to restricted."""
    scps = None if scp is None else [[Scp("scp", {"Statement": scp})]]
    frame = expand_account(parse_details(raw(policy, boundary), "law"), CATALOGUE, scps=scps).grants
    return dict(frame.select("action", "restricted").iter_rows())


def only_takes_away(after: Grants, before: Grants) -> bool:
    return after.keys() <= before.keys() and all(after[action] or not before[action] for action in after)


@settings(max_examples=60)
@given(policies, denies)
def test_a_deny_never_adds(policy: list[dict[str, Any]], deny: list[dict[str, Any]]) -> None:
    assert only_takes_away(grants(policy + deny), grants(policy))


@settings(max_examples=60)
@given(policies, limits)
def test_a_boundary_never_adds(policy: list[dict[str, Any]], boundary: list[dict[str, Any]]) -> None:
    assert only_takes_away(grants(policy, boundary), grants(policy))


@settings(max_examples=60)
@given(policies, limits, limits)
def test_an_scp_never_adds(
    policy: list[dict[str, Any]], boundary: list[dict[str, Any]], scp: list[dict[str, Any]]
) -> None:
    assert only_takes_away(grants(policy, boundary, scp), grants(policy, boundary))


@settings(max_examples=60)
@given(policies, st.lists(statements("Allow"), max_size=2))
def test_an_allow_never_takes_away(policy: list[dict[str, Any]], allow: list[dict[str, Any]]) -> None:
    assert only_takes_away(grants(policy), grants(policy + allow))


@settings(max_examples=60)
@given(policies, st.randoms(use_true_random=False))
def test_neither_order_nor_case_matters(policy: list[dict[str, Any]], random: Any) -> None:
    def changed(statement: dict[str, Any]) -> dict[str, Any]:
        key = "Action" if "Action" in statement else "NotAction"
        return {**statement, key: [text.swapcase() for text in reversed(statement[key])]}

    other = [changed(statement) for statement in policy]
    random.shuffle(other)
    one = {action.lower(): restricted for action, restricted in grants(policy).items()}
    assert {action.lower(): restricted for action, restricted in grants(other).items()} == one


@settings(max_examples=60)
@given(policies, limits)
def test_the_same_limits_as_boundary_or_scp_leave_the_same(
    policy: list[dict[str, Any]], limit: list[dict[str, Any]]
) -> None:
    assert grants(policy, boundary=limit) == grants(policy, scp=limit)


@settings(max_examples=40)
@given(policies, limits, st.sampled_from(CATALOGUE.actions))
def test_the_story_of_one_action_agrees_with_the_table(
    policy: list[dict[str, Any]], boundary: list[dict[str, Any]], action: str
) -> None:
    details = parse_details(raw(policy, boundary), "law")
    rows = {row["action"]: row for row in expand_account(details, CATALOGUE).grants.rows(named=True)}
    story = explain_action(details, ALICE, action, CATALOGUE)
    assert story.granted == (action in rows)
    if story.granted:
        assert story.restricted == rows[action]["restricted"]
        assert [source["id"] for source in story.allowing] == rows[action]["granted_by"]
        assert [source["id"] for source in story.restricting] == rows[action]["restricted_by"]
