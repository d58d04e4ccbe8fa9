"""The series over time: how much every principal, account and organisation is granted and uses on a day."""

from collections.abc import Iterable, Iterator

import polars as pl

from assets.partitions import Partition
from assets.permission_trends.risk import RiskWeights, of_level, score
from assets.permission_trends.schema import (
    ACCOUNT_TRENDS,
    COUNTS,
    LEVELS,
    ORGANIZATION_TRENDS,
    PERMISSION_TRENDS,
    Columns,
)
from assets.permission_trends.stored import PEOPLE, Stored, people_on, rows_on

Parts = Iterator[tuple[Partition, pl.DataFrame]]
_READ = (
    *PEOPLE,
    "status",
    "restricted",
    "access_level",
    "removable",
    "excluded",
    "mapping_version",
    "covered_days",
    "window_days",
)


class TrendDays:
    """The trends of the days of a run: `principals` is run through first, `accounts` sums up what it yielded."""

    def __init__(self, partitions: Iterable[Partition], stored: Stored, weights: RiskWeights) -> None:
        """Keep what is to be made, from what, and what weighs how much."""
        self._partitions = list(partitions)
        self._stored = stored
        self._weights = weights
        self._accounts: dict[Partition, pl.DataFrame] = {}

    def principals(self) -> Parts:
        """Yield `permission_trends` for each partition. Raises `StorageError` for a day without diff or snapshot."""
        for partition in self._partitions:
            diff = rows_on(self._stored, "principal_diffs", partition).select(_READ).collect()
            rows = principal_trends(people_on(self._stored, partition), diff, self._weights)
            self._accounts[partition] = account_trends(rows, self._weights)
            yield partition, rows

    def accounts(self) -> Parts:
        """Yield `account_trends`; `principals` must have been run through."""
        return iter(self._accounts.items())


def principal_trends(people: pl.DataFrame, diff: pl.DataFrame, weights: RiskWeights) -> pl.DataFrame:
    """Return `permission_trends` of a day, sorted by ARN.

    `people`: users and roles of the snapshot (`PEOPLE`); `diff`: `principal_diffs`. A principal that stands in only
    one of them has a row, too. A permission is granted where the diff says what takes it away (`removable`).
    """
    counted = diff.group_by("principal_arn", "principal_id").agg(
        pl.col("principal_type", "principal_name").first(),
        granted=(pl.col("removable") != "").sum(),
        excluded=((pl.col("status") == "unused") & pl.col("excluded")).sum(),
        **{name: (pl.col("status") == name).sum() for name in ("used", "unused", "unknown", "not_granted")},
        **{f"unused_{name}": ((pl.col("status") == "unused") & of_level(name)).sum() for name in LEVELS},
        risk_score=score(weights),
        covered_days=pl.col("covered_days").max(),
    )
    key = ["principal_arn", "principal_id"]
    return (
        people.join(counted, on=key, how="full", coalesce=True)
        .with_columns(
            pl.coalesce("principal_type", "principal_type_right").alias("principal_type"),
            pl.coalesce("principal_name", "principal_name_right").alias("principal_name"),
            pl.col(*COUNTS, "covered_days").fill_null(0),
            pl.col("risk_score").fill_null(0.0),
            score_version=pl.lit(weights.version),
            mapping_version=pl.lit(_only(diff, "mapping_version", "")),
            window_days=pl.lit(_only(diff, "window_days", 0)),
        )
        .select(_cast(PERMISSION_TRENDS))
        .sort("principal_arn", "principal_id")
    )


def account_trends(rows: pl.DataFrame, weights: RiskWeights) -> pl.DataFrame:
    """Return `account_trends` of a day, always one row, from its `permission_trends`."""
    return rows.select(
        principals=pl.len(),
        users=(pl.col("principal_type") == "user").sum(),
        roles=(pl.col("principal_type") == "role").sum(),
        without_use=((pl.col("used") == 0) & (pl.col("not_granted") == 0)).sum(),
        **{name: pl.col(name).sum() for name in (*COUNTS, "risk_score")},
        score_version=pl.lit(weights.version),
        mapping_version=pl.col("mapping_version").max().fill_null(""),
        covered_days=pl.col("covered_days").max().fill_null(0),
        window_days=pl.col("window_days").max().fill_null(0),
    ).select(_cast(ACCOUNT_TRENDS))


def organization_trends(accounts: pl.DataFrame) -> pl.DataFrame:
    """Return `organization_trends` of a day, always one row, from the `account_trends` of its accounts.

    Where the accounts' versions differ, as while they are being made anew, they stand joined with '+'.
    """
    rows = accounts.sort("account")
    return rows.select(
        accounts=pl.len(),
        **{name: pl.col(name).sum() for name in ("principals", "users", "roles", "without_use")},
        **{name: pl.col(name).sum() for name in (*COUNTS, "risk_score")},
        **{
            name: pl.col(name).unique().sort().str.join("+").fill_null("")
            for name in ("score_version", "mapping_version")
        },
        covered_days=pl.col("covered_days").min().fill_null(0),
        window_days=pl.col("window_days").max().fill_null(0),
    ).select(_cast(ORGANIZATION_TRENDS))


def _only(diff: pl.DataFrame, column: str, otherwise: str | int) -> str | int:
    return diff[column][0] if diff.height else otherwise


def _cast(columns: Columns) -> list[pl.Expr]:
    return [pl.col(name).cast(dtype) for name, dtype in columns.items()]
