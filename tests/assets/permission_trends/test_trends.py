"""Counts and scores of hand-made diffs."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.errors import StorageError
from assets.partitions import DayPartition, Partition
from assets.permission_trends.organization import organization_days
from assets.permission_trends.risk import RiskWeights
from assets.permission_trends.trends import TrendDays, organization_trends, principal_trends
from pipeline.lake import Lake
from tests.assets.permission_trends.diffs import ACCOUNT, diff_rows, people, write_day, written_next

DAY = date(2026, 6, 30)
LEVELS = ["List", "Read", "Tagging", "Write", "Permissions management", ""]


def _unused(level: str, **more: object) -> pl.DataFrame:
    return diff_rows({("alice", f"x:{level}"): "unused"}, access_level=level, **more)


def test_every_status_and_level_is_counted() -> None:
    diff = pl.concat(
        [
            diff_rows(
                {("alice", "a:1"): "used", ("alice", "a:2"): "not_granted", ("alice", "a:3"): "unknown"}
            ),
            *(_unused(level) for level in LEVELS),
        ]
    )
    row = principal_trends(people("alice"), diff, RiskWeights()).row(0, named=True)
    assert {name: row[name] for name in ("granted", "used", "unused", "unknown", "not_granted")} == {
        "granted": 8,
        "used": 1,
        "unused": 6,
        "unknown": 1,
        "not_granted": 1,
    }
    assert [value for name, value in row.items() if name.startswith("unused_")] == [1] * 6
    assert row["risk_score"] == 1 + 2 + 2 + 5 + 10 + 5
    assert (row["covered_days"], row["window_days"], row["mapping_version"]) == (90, 90, "m")


def test_what_is_unknown_and_not_granted_is_no_grant() -> None:
    diff = diff_rows({("alice", "a:1"): "unknown"}, removable="")
    row = principal_trends(people("alice"), diff, RiskWeights()).row(0, named=True)
    assert (row["granted"], row["unknown"]) == (0, 1)


@pytest.mark.parametrize(
    ("more", "score", "excluded"),
    [({}, 5.0, 0), ({"restricted": True}, 2.5, 0), ({"excluded": True}, 0.0, 1)],
)
def test_restricted_counts_half_and_what_is_excluded_nothing(
    more: dict[str, object], score: float, excluded: int
) -> None:
    row = principal_trends(people("alice"), _unused("Write", **more), RiskWeights()).row(0, named=True)
    assert (row["risk_score"], row["excluded"], row["unused"]) == (score, excluded, 1)


def test_only_unused_permissions_are_a_risk() -> None:
    diff = diff_rows({("alice", "a:1"): "used", ("alice", "a:2"): "unknown", ("alice", "a:3"): "not_granted"})
    assert principal_trends(people("alice"), diff, RiskWeights())["risk_score"].to_list() == [0.0]


def test_who_is_granted_nothing_has_a_row_and_so_has_who_is_not_in_the_snapshot() -> None:
    rows = principal_trends(people("bob"), _unused("Read"), RiskWeights())
    assert rows["principal_name"].to_list() == ["alice", "bob"]
    assert rows["granted"].to_list() == [1, 0]
    assert rows["covered_days"].to_list() == [90, 0]


def test_a_name_created_anew_on_the_same_day_is_not_mixed_up() -> None:
    rows = principal_trends(people("alice@2"), _unused("Read"), RiskWeights())
    assert rows.select("principal_id", "granted").rows() == [("AIDAalice", 1), ("AIDAalice2", 0)]


def test_the_version_follows_from_the_weights_alone() -> None:
    assert RiskWeights().version == RiskWeights(list=1.0).version != RiskWeights(list=1.5).version
    assert RiskWeights(read=5, write=2).version != RiskWeights(read=2, write=5).version


def test_accounts_and_organisation_are_sums(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    write_day(lake, DAY, {("alice", "a:1"): "used", ("bob", "a:2"): "unused"}, everyone=("carol",))
    days = TrendDays([Partition(DAY, ACCOUNT)], lake, RiskWeights())
    assert [frame.height for _, frame in days.principals()] == [3]
    ((partition, row),) = days.accounts()
    shown = row.select(
        "principals", "users", "roles", "without_use", "granted", "used", "unused", "risk_score"
    )
    assert shown.row(0) == (3, 3, 0, 2, 2, 1, 1, 2.0)
    for account in (partition, Partition(DAY, "222222222222")):
        lake.write("account_trends", row, account, written_next())
    ((day, total),) = organization_days([DayPartition(DAY)], lake)
    assert day == DayPartition(DAY)
    assert total.select("accounts", "principals", "granted", "risk_score").row(0) == (2, 6, 4, 4.0)


def test_accounts_of_several_versions_are_told() -> None:
    rows = (
        pl.DataFrame({"account": ["1", "2"]})
        .join(_account_row().drop("score_version"), how="cross")
        .with_columns(score_version=pl.Series(["b", "a"]))
    )
    assert organization_trends(rows)["score_version"].to_list() == ["a+b"]


def _account_row() -> pl.DataFrame:
    from assets.permission_trends.trends import account_trends

    return account_trends(principal_trends(people("a"), diff_rows({}), RiskWeights()), RiskWeights())


def test_a_day_that_is_not_stored_is_an_error_and_not_a_day_without_permissions(tmp_path: Path) -> None:
    days = TrendDays([Partition(DAY, ACCOUNT)], Lake(tmp_path), RiskWeights())
    with pytest.raises(
        StorageError, match="principal_diffs: 2026-06-30 of account 111111111111 is not stored"
    ):
        list(days.principals())
