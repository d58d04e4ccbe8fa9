"""What taking a policy, statement or pattern away would take away."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.trend_report.effects import LEVELS, STATUSES, effects, members, source_sets
from tests.assets.trend_report.account_days import account_day, arn, source, verdict

MANAGED = "arn:aws:iam::111111111111:policy/shared"
SOURCES = [
    source("a", "s3:*"),
    source("b", "s3:Get*"),
    source("c", "s3:List*", statement=1),
    source("d", "s3:*", policy_arn=MANAGED, policy_name="shared", policy_kind="managed"),
    source(
        "e",
        "s3:*",
        policy_arn=MANAGED,
        policy_name="shared",
        policy_kind="managed",
        attached_to="g",
        group="g",
    ),
]


def _effects(*verdicts: dict[str, object]) -> dict[tuple[str, str], list[int]]:
    day = account_day(verdicts, SOURCES)
    granted = source_sets(day.diffs, day.grants)
    rows = effects(granted, members(granted, day.sources))
    return {
        (level, key.replace("\n", " ")): counts
        for level, key, *counts in rows.select("level", "key", *STATUSES, "matched").iter_rows()
    }


INLINE = f"inline {arn('alice')} inline"


def test_only_what_nothing_else_grants_goes() -> None:
    found = _effects(
        verdict("alice", "s3:PutObject", "used", ["a"]),
        verdict("alice", "s3:GetObject", "unused", ["a", "b"]),
        verdict("alice", "s3:ListBuckets", "unknown", ["a", "c"]),
        verdict("alice", "s3:DeleteObject", "unused", ["a", "d"]),
        verdict("alice", "s3:GetAcl", "not_granted"),
    )
    # unused, used, unknown, excluded; then everything that it grants
    assert found["policy", INLINE] == [1, 1, 1, 0, 4]
    assert found["policy", MANAGED] == [0, 0, 0, 0, 1]
    assert found["statement", f"{INLINE} 0"] == [1, 1, 0, 0, 4]
    assert found["statement", f"{INLINE} 1"] == [0, 0, 0, 0, 1]
    assert found["pattern", f"{INLINE} 0 s3:*"] == [0, 1, 0, 0, 4]
    assert found["pattern", f"{INLINE} 0 s3:Get*"] == [0, 0, 0, 0, 1]


def test_one_policy_through_two_carriers_is_one_policy() -> None:
    assert _effects(verdict("alice", "s3:PutObject", "unused", ["d", "e"]))["policy", MANAGED] == [
        1,
        0,
        0,
        0,
        1,
    ]


def test_what_was_decided_to_stay_is_not_counted_as_unused() -> None:
    found = _effects(verdict("alice", "s3:PutObject", "unused", ["d"], excluded=True))
    assert found["policy", MANAGED] == [0, 0, 0, 1, 1]


ROWS = st.dictionaries(
    st.sampled_from([f"s3:Action{n}" for n in range(8)]),
    st.tuples(
        st.sampled_from(["used", "unused", "unknown"]),
        st.sets(st.sampled_from([one["id"] for one in SOURCES]), min_size=1),
    ),
    min_size=1,
)


@given(ROWS)
def test_it_is_what_a_second_look_without_the_sources_finds(rows: dict[str, tuple[str, set[str]]]) -> None:
    verdicts = [verdict("alice", action, status, sorted(by)) for action, (status, by) in rows.items()]
    day = account_day(verdicts, SOURCES)
    granted = source_sets(day.diffs, day.grants)
    described = members(granted, day.sources)
    columns = dict(zip(LEVELS, ("policy", "statement_key", "pattern_key"), strict=True))
    for level, key, *counts in effects(granted, described).select("level", "key", *STATUSES).iter_rows():
        ids = set(described.filter(pl.col(columns[level]) == key)["id"])
        # Everything of it that is attached to her goes, also what she has through a set of another action.
        all_ids = {one for _, by in rows.values() for one in by}
        gone = ids & all_ids
        lost = [status for status, by in rows.values() if by <= gone]
        assert counts == [lost.count(status) for status in STATUSES]
