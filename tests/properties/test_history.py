"""Laws of the permission history, over small diffs in every order of arrival."""

import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.partitions import AccountPartition, Partition
from assets.permission_trends.history import in_order, with_day
from assets.permission_trends.history_days import Histories, unlike
from assets.permission_trends.schema import PERMISSION_HISTORY
from pipeline.lake import Lake
from tests.assets.permission_trends.diffs import ACCOUNT, Key, arn, diff_rows, written_next

FIRST = date(2026, 1, 1)
Day = Mapping[Key, str]
days = st.integers(0, 7).map(lambda n: FIRST + timedelta(days=n))
keys = st.tuples(st.sampled_from(["alice", "alice@2", "bob"]), st.sampled_from(["s3:GetObject", "s3:PutAcl"]))
diffs = st.dictionaries(keys, st.sampled_from(["used", "unused", "unknown"]), max_size=4)
# None takes a day away again.
arrivals = st.lists(st.tuples(days, st.one_of(diffs, diffs, diffs, st.none())), max_size=12)


def built(steps: list[tuple[date, Day | None]]) -> pl.DataFrame:
    history, held = pl.DataFrame(schema=PERMISSION_HISTORY), set[date]()
    for day, statuses in steps:
        rows = None if statuses is None else diff_rows(statuses)
        history = with_day(history, sorted(held), day, rows)
        held = held - {day} if statuses is None else held | {day}
    return in_order(history)


def stored_at_last(steps: list[tuple[date, Day | None]]) -> dict[date, Day]:
    last = dict(steps)
    return {day: statuses for day, statuses in sorted(last.items()) if statuses is not None}


def naive(stored: dict[date, Day]) -> list[tuple[object, ...]]:
    """Each permission by itself, day by day, as a person would with a calendar."""
    order = list(stored)
    rows = []
    for who, action in sorted({key for statuses in stored.values() for key in statuses}):
        name, _, number = who.partition("@")
        n = 0
        while n < len(order):
            status = stored[order[n]].get((who, action))
            begin = n
            while n < len(order) and stored[order[n]].get((who, action)) == status:
                n += 1
            if status is not None:
                end = order[n] if n < len(order) else None
                rows.append(
                    (arn(name), f"AIDA{name}{number}", action, status, order[begin], end, order[n - 1])
                )
    return sorted(rows, key=lambda row: (row[0], row[2], row[1], row[4]))


@given(arrivals)
def test_any_order_of_days_gives_what_the_calendar_says(steps: list[tuple[date, Day | None]]) -> None:
    assert built(steps).rows() == naive(stored_at_last(steps))


@given(arrivals)
def test_any_order_of_days_gives_the_frame_of_a_full_rebuild(steps: list[tuple[date, Day | None]]) -> None:
    rebuilt = built(list(stored_at_last(steps).items()))
    found = built(steps)
    assert found.equals(rebuilt)
    assert found.n_chunks() == rebuilt.n_chunks() == 1


@given(arrivals)
def test_the_intervals_of_a_permission_are_disjoint_and_hold_every_stored_day(
    steps: list[tuple[date, Day | None]],
) -> None:
    stored, history = stored_at_last(steps), built(steps)
    for day, statuses in stored.items():
        here = history.filter(
            (pl.col("valid_from") <= day) & (pl.col("valid_to").is_null() | (pl.col("valid_to") > day))
        )
        expected = diff_rows(statuses).select("principal_arn", "principal_id", "action", "status")
        columns = ["principal_arn", "action", "principal_id"]
        assert here.select(expected.columns).sort(columns).equals(expected.sort(columns))


@settings(max_examples=30, deadline=None)
@given(arrivals, st.lists(st.booleans(), min_size=12, max_size=12))
def test_the_stored_bytes_do_not_depend_on_the_order_or_on_when_it_was_brought_up_to_date(
    steps: list[tuple[date, Day | None]], pauses: list[bool]
) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        lake = Lake(Path(one))
        for (day, statuses), pause in zip(steps, pauses, strict=False):
            _store(lake, day, statuses)
            if pause:
                update(lake)
        update(lake)
        assert unlike(lake, AccountPartition(ACCOUNT)) == []
        whole = Lake(Path(other))
        for day, statuses in stored_at_last(steps).items():
            _store(whole, day, statuses)
        update(whole)
        assert _bytes(lake) == _bytes(whole)


def update(lake: Lake) -> None:
    """What a run does: write the history, then which days it holds."""
    account = AccountPartition(ACCOUNT)
    histories, at = Histories([account], lake), written_next()
    for partition, frame in histories.histories():
        lake.write("permission_history", frame, partition, at)
    for partition, frame in histories.days():
        lake.write("permission_history_days", frame, partition, at)


def _store(lake: Lake, day: date, statuses: Day | None) -> None:
    partition = Partition(day, ACCOUNT)
    if statuses is None:
        lake.path("principal_diffs", partition).unlink(missing_ok=True)
    else:
        lake.write("principal_diffs", diff_rows(statuses), partition, written_next())


def _bytes(lake: Lake) -> list[bytes]:
    account = AccountPartition(ACCOUNT)
    return [
        lake.path(table, account).read_bytes() for table in ("permission_history", "permission_history_days")
    ]
