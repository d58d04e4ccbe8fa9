"""Laws of the changes: they are complete, and they say nothing twice."""

from collections.abc import Mapping

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.permission_trends.changes import StoredDay, changes
from assets.permission_trends.schema import CHANGES, CHANGES_KEY
from tests.assets.permission_trends.diffs import Key, diff_rows, grants, people, source, standing_of

NOBODY_KNOWS = pl.DataFrame(schema={"principal": pl.String(), "action": pl.String()})
NAMES = ["alice", "alice@2", "bob"]
keys = st.tuples(st.sampled_from(NAMES), st.sampled_from(["s3:GetObject", "s3:PutAcl", "iam:GetUser"]))
statuses = st.sampled_from(["used", "unused", "unknown", "not_granted"])
diffs = st.dictionaries(keys, statuses, max_size=7)


def day_of(diff: Mapping[Key, str]) -> StoredDay:
    return StoredDay(
        people(*sorted({who for who, _ in diff})),
        diff_rows(diff),
        grants({key: ["s"] for key, status in diff.items() if status != "not_granted"}).lazy(),
        source("s", "*:*").lazy(),
        standing_of("s"),
    )


def statuses_of(diff: pl.DataFrame) -> dict[tuple[str, str], str]:
    return {
        (one, action): status
        for one, action, status in diff.select("principal_id", "action", "status").rows()
    }


@given(diffs, diffs)
def test_changes_replayed_on_the_day_before_give_the_day(
    before: dict[Key, str], after: dict[Key, str]
) -> None:
    was, now = day_of(before), day_of(after)
    rows = changes(was, now, NOBODY_KNOWS).filter(pl.col("action") != "")
    state = statuses_of(was.diff)
    for who, action, old, new in rows.select(
        "principal_id", "action", "status_before", "status_after"
    ).rows():
        # Two rows of one permission say the same: the second finds what the first left.
        assert state.get((who, action), "") in (old, new)
        state[who, action] = new
    assert {key: status for key, status in state.items() if status} == statuses_of(now.diff)


@given(diffs, diffs)
def test_the_key_is_unique_and_the_changes_are_of_the_closed_set(
    before: dict[Key, str], after: dict[Key, str]
) -> None:
    rows = changes(day_of(before), day_of(after), NOBODY_KNOWS)
    assert rows.select(CHANGES_KEY).is_unique().all()
    assert set(rows["change"]) <= set(CHANGES)
    assert rows.equals(rows.sort(CHANGES_KEY))


@given(diffs)
def test_a_day_like_the_one_before_changes_nothing(diff: dict[Key, str]) -> None:
    assert changes(day_of(diff), day_of(diff), NOBODY_KNOWS).height == 0


@given(diffs, diffs)
def test_what_is_granted_or_revoked_names_its_statement(
    before: dict[Key, str], after: dict[Key, str]
) -> None:
    rows = changes(day_of(before), day_of(after), NOBODY_KNOWS)
    named = rows.filter(pl.col("change").is_in(["granted", "revoked"]))
    assert named["statement"].str.contains(r"^own, statement 0: Allow Action \*:\*").all()
    assert (named["policy"] == "inline policy own of user/alice").all()
