"""Laws of right-sized policies: they grant what is kept and nothing else, today and when AWS adds actions."""

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.attachments import Holdings, holdings
from assets.expanded_grants.frames import expand_account
from assets.iam_snapshots.authorization_details import parse_details
from assets.principal_diffs.schema import PRINCIPAL_DIFFS
from assets.right_sized_policies.documents import MOST_CHARACTERS, size
from assets.right_sized_policies.policies import RightSized, policy_of
from assets.right_sized_policies.replay import replayed, with_policies
from tests.properties.test_grants import CATALOGUE, limits, policies, raw

STATUSES = ("used", "unused", "unknown", "excluded")
choices = st.lists(st.sampled_from(STATUSES), min_size=20, max_size=20)
tomorrow = st.lists(
    st.builds(
        "{}:{}{}".format,
        st.sampled_from(["s3", "iam", "ec2"]),
        st.sampled_from(["Get", "GetObject", "Put", "New", "Run", "List"]),
        st.sampled_from(["", "X", "Y", "User"]),
    ),
    max_size=4,
)


def _held(policy: list[dict[str, Any]], boundary: list[dict[str, Any]]) -> Holdings:
    (one,) = holdings(parse_details(raw(policy, boundary), "law"))
    return one


def _grants(
    policy: list[dict[str, Any]], boundary: list[dict[str, Any]], catalogue: Catalogue = CATALOGUE
) -> dict[str, bool]:
    frame = expand_account(parse_details(raw(policy, boundary), "law"), catalogue).grants
    return dict(frame.select("action", "restricted").iter_rows())


def _verdicts(granted: dict[str, bool], statuses: list[str]) -> pl.DataFrame:
    rows = []
    for at, action in enumerate(granted):
        status = statuses[at % len(statuses)]
        rows.append(
            {
                **dict.fromkeys(PRINCIPAL_DIFFS),
                "action": action,
                "status": "unused" if status == "excluded" else status,
                "excluded": status == "excluded",
                "events": int(status == "used"),
                "error_events": 0,
            }
        )
    return pl.DataFrame(rows, schema=PRINCIPAL_DIFFS)


def _kept(verdicts: pl.DataFrame) -> set[str]:
    return set(verdicts.filter((pl.col("status") != "unused") | pl.col("excluded"))["action"])


def _statements(made: RightSized) -> list[dict[str, Any]]:
    return [statement for document in made.documents for statement in document["Statement"]]


@settings(max_examples=100)
@given(policies, limits, choices)
def test_it_grants_what_is_kept_as_it_was_granted_and_nothing_else(
    policy: list[dict[str, Any]], boundary: list[dict[str, Any]], statuses: list[str]
) -> None:
    before = _grants(policy, boundary)
    verdicts = _verdicts(before, statuses)
    made = policy_of(verdicts, _held(policy, boundary), CATALOGUE)
    assert _grants(_statements(made), boundary) == {
        one: before[one] for one in before if one in _kept(verdicts)
    }
    assert all(size(document) <= MOST_CHARACTERS for document in made.documents)


@settings(max_examples=100)
@given(policies, limits, choices, tomorrow)
def test_what_aws_adds_tomorrow_it_grants_only_where_the_original_would(
    policy: list[dict[str, Any]], boundary: list[dict[str, Any]], statuses: list[str], added: list[str]
) -> None:
    made = policy_of(_verdicts(_grants(policy, boundary), statuses), _held(policy, boundary), CATALOGUE)
    known = {name.lower() for name in CATALOGUE.actions}
    new = {name.lower(): name for name in added if name.lower() not in known}
    names = sorted([*CATALOGUE.actions, *new.values()], key=str.lower)
    levels = dict(zip(CATALOGUE.actions, CATALOGUE.access_levels, strict=True))
    later = Catalogue(tuple(names), tuple(levels.get(name, "") for name in names), CATALOGUE.unverified)
    after, before = _grants(_statements(made), boundary, later), _grants(policy, boundary, later)
    assert after.keys() <= before.keys()
    assert all(after[action] or not before[action] for action in after)


@settings(max_examples=80)
@given(policies, limits, choices)
def test_its_own_usage_replayed_is_not_refused(
    policy: list[dict[str, Any]], boundary: list[dict[str, Any]], statuses: list[str]
) -> None:
    before = _grants(policy, boundary)
    verdicts = _verdicts(before, statuses)
    held = _held(policy, boundary)
    made = policy_of(verdicts, held, CATALOGUE)
    changed, problems = with_policies(held, made.documents)
    assert problems == ()
    answers = dict(replayed(verdicts, changed, CATALOGUE).select("action", "answer").iter_rows())
    used = set(verdicts.filter(pl.col("status") == "used")["action"])
    assert answers == {action: "undecided" if before[action] else "allowed" for action in used}
