"""Changes between hand-made days: one case for every kind, and the statements that did it."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.errors import StorageError
from assets.partitions import Partition
from assets.permission_trends.change_days import change_days
from assets.permission_trends.changes import StoredDay, changes
from pipeline.lake import Lake
from tests.assets.permission_trends.diffs import (
    ACCOUNT,
    Key,
    diff_rows,
    grants,
    people,
    source,
    standing_of,
    write_day,
    written_next,
)

DAY = date(2026, 6, 1)
KEY = ("alice", "s3:GetObject")


def _day(
    diff: pl.DataFrame, statements: Mapping[Key, list[str]], sources: pl.DataFrame, *standing: str
) -> StoredDay:
    return StoredDay(people("alice"), diff, grants(statements).lazy(), sources.lazy(), standing_of(*standing))


def _between(before: str, after: str, known: bool = False) -> list[tuple[str, str, str]]:
    was, now = (
        _day(
            diff_rows({KEY: status} if status else {}),
            {KEY: ["s"]} if status not in ("", "not_granted") else {},
            source("s", "s3:*"),
        )
        for status in (before, after)
    )
    stopped = pl.DataFrame(
        [("AIDAalice", KEY[1])] if known else [],
        schema={"principal": pl.String(), "action": pl.String()},
        orient="row",
    )
    return changes(was, now, stopped).select("change", "status_before", "status_after").rows()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "unused", ["granted"]),
        ("", "unknown", ["granted"]),
        ("", "used", ["first_used", "granted"]),
        ("", "not_granted", ["first_used"]),
        ("unused", "", ["revoked"]),
        ("used", "", ["revoked"]),
        ("unused", "used", ["first_used"]),
        ("unknown", "used", ["first_used"]),
        ("used", "unused", ["became_unused"]),
        ("unknown", "unused", ["became_unused"]),
        ("used", "unknown", ["became_unknown"]),
        ("unused", "unknown", ["became_unknown"]),
        ("used", "not_granted", ["revoked"]),
        ("unused", "not_granted", ["first_used", "revoked"]),
        ("not_granted", "used", ["granted"]),
        ("not_granted", "unused", ["became_unused", "granted"]),
        ("not_granted", "", ["no_longer_used"]),
        ("used", "used", []),
        ("", "", []),
    ],
)
def test_what_a_difference_is_called(before: str, after: str, expected: list[str]) -> None:
    assert _between(before, after) == [(change, before, after) for change in expected]


def test_a_use_after_one_that_ended_is_used_again() -> None:
    assert _between("unused", "used", known=True) == [("used_again", "unused", "used")]
    assert _between("", "used", known=True) == [("granted", "", "used"), ("used_again", "", "used")]


def test_granted_names_the_statement_of_the_day_and_revoked_that_of_the_day_before() -> None:
    before = _day(
        diff_rows({KEY: "unused"}),
        {KEY: ["old"]},
        source(
            "old", "s3:Get*", group="devs", sid="Read", policy_arn="arn:aws:iam::1:policy/p", policy_name="p"
        ),
    )
    other = ("alice", "iam:GetUser")
    after = _day(diff_rows({other: "unused"}), {other: ["new"]}, source("new", "iam:*", statement=2))
    rows = changes(before, after, pl.DataFrame(schema={"principal": pl.String(), "action": pl.String()}))
    assert rows.select("action", "change", "policy", "statement").rows() == [
        ("iam:GetUser", "granted", "inline policy own of user/alice", "own, statement 2: Allow Action iam:*"),
        (
            "s3:GetObject",
            "revoked",
            "arn:aws:iam::1:policy/p",
            "p through group devs, statement 0 'Read': Allow Action s3:Get*",
        ),
    ]


def test_a_statement_that_still_stands_did_not_revoke_anything() -> None:
    other, statement = ("alice", "s3:PutObject"), source("s", "s3:*")
    before = _day(diff_rows({KEY: "unused", other: "used"}), {KEY: ["s"], other: ["s"]}, statement)
    after = _day(diff_rows({other: "used"}), {other: ["s"]}, statement)
    rows = changes(before, after, pl.DataFrame(schema={"principal": pl.String(), "action": pl.String()}))
    assert rows["change"].to_list() == ["revoked"]
    assert rows["statement"].item().endswith("a Deny, the boundary or an SCP takes it away)")


@pytest.mark.parametrize("standing", [("s",), ()])
def test_a_statement_whose_last_action_was_taken_away_still_says_so(standing: tuple[str, ...]) -> None:
    """No grant refers to it any more: whether it stands is seen in the policies."""
    before = _day(diff_rows({KEY: "used"}), {KEY: ["s"]}, source("s", "s3:GetObject"))
    after = _day(diff_rows({}), {}, source("other", "s3:*"), *standing)
    rows = changes(before, after, pl.DataFrame(schema={"principal": pl.String(), "action": pl.String()}))
    (text,) = rows["statement"]
    assert text.startswith("own, statement 0: Allow Action s3:GetObject")
    assert text.endswith("takes it away)") is bool(standing)


def test_what_the_next_of_the_same_name_is_granted_kept_nothing_from_who_was_deleted() -> None:
    """The statement stands for alice again, but the alice who lost it is gone: no Deny did that."""
    statement = source("s", "s3:*")
    before = _day(diff_rows({KEY: "used"}), {KEY: ["s"]}, statement)
    again = ("alice@2", KEY[1])
    after = StoredDay(
        people("alice@2"),
        diff_rows({again: "unused"}),
        grants({again: ["s"]}).lazy(),
        statement.lazy(),
        standing_of("s"),
    )
    rows = changes(before, after, pl.DataFrame(schema={"principal": pl.String(), "action": pl.String()}))
    (text,) = rows.filter(pl.col("change") == "revoked")["statement"]
    assert text == "own, statement 0: Allow Action s3:*"


def _made(lake: Lake, *days: date) -> dict[date, pl.DataFrame]:
    made = {}
    for partition, frame in change_days([Partition(day, ACCOUNT) for day in days], lake):
        lake.write("permission_changes", frame, partition, written_next())
        made[partition.day] = frame
    return made


def _kinds(frame: pl.DataFrame) -> list[tuple[str, str]]:
    return frame.select("action", "change").rows()


def test_the_first_stored_day_has_no_changes_and_a_gap_is_named(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    later = DAY + timedelta(days=5)
    write_day(lake, DAY, {KEY: "unused"})
    write_day(lake, later, {KEY: "used"})
    made = _made(lake, DAY, later)
    assert made[DAY].height == 0
    assert _kinds(made[later]) == [(KEY[1], "first_used")]
    assert made[later]["compared_with"].to_list() == [DAY]
    assert made[later]["event_id"].to_list() == ["event"]


def test_who_comes_and_goes_even_without_a_permission(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    write_day(lake, DAY, {KEY: "unused"}, everyone=("bob",))
    write_day(lake, DAY + timedelta(days=1), {("alice@2", KEY[1]): "unused"}, everyone=("carol",))
    rows = _made(lake, DAY, DAY + timedelta(days=1))[DAY + timedelta(days=1)]
    assert rows.select("principal_id", "action", "change").rows() == [
        ("AIDAalice2", "", "principal_created"),
        ("AIDAalice", "", "principal_deleted"),
        ("AIDAalice2", KEY[1], "granted"),
        ("AIDAalice", KEY[1], "revoked"),
        ("AIDAbob", "", "principal_deleted"),
        ("AIDAcarol", "", "principal_created"),
    ]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_use_that_ended_is_remembered_within_a_run_and_from_run_to_run(
    tmp_path: Path, at_once: bool
) -> None:
    lake = Lake(tmp_path)
    days = [DAY + timedelta(days=n) for n in range(4)]
    for day, status in zip(days, ("unused", "used", "unused", "used"), strict=True):
        write_day(lake, day, {KEY: status})
    made = _made(lake, *days) if at_once else {day: _made(lake, day)[day] for day in days}
    kinds = [frame["change"].to_list() for frame in made.values()]
    assert kinds == [[], ["first_used"], ["became_unused"], ["used_again"]]


def test_a_day_of_which_a_table_is_missing_is_compared_with_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    days = [DAY + timedelta(days=n) for n in range(3)]
    for day, status in zip(days, ("unused", "unknown", "used"), strict=True):
        write_day(lake, day, {KEY: status})
    lake.path("grant_sources", Partition(days[1], ACCOUNT)).unlink()
    assert _made(lake, days[2])[days[2]]["compared_with"].to_list() == [days[0]]
    with pytest.raises(
        StorageError, match=r"grant_sources: 2026-06-02 of account 111111111111 is not stored"
    ):
        _made(lake, days[1])
