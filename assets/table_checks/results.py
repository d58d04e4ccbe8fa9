"""What the checks found: one result for each rule and partition."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from assets.partitions import AnyPartition, place_of
from assets.table_checks.rule import Rule

CHECK_RESULTS: dict[str, pl.DataType] = {
    "table": pl.String(),
    "day": pl.Date(),
    "account": pl.String(),
    "check": pl.String(),
    "severity": pl.String(),
    "passed": pl.Boolean(),
    "detail": pl.String(),
    "checked_at": pl.Datetime("us", "UTC"),
}
"""The columns of stored results. `day` is null and `account` empty for a table that is not cut by it; `severity` is
error or warn; `detail` is empty where the check passed; `checked_at` UTC."""


@dataclass(frozen=True)
class CheckResult:
    """Whether a partition (None: the whole table) keeps a rule, and what breaks it."""

    table: str
    partition: AnyPartition | None
    rule: Rule
    passed: bool
    detail: str = ""


def as_frame(results: Iterable[CheckResult], checked_at: datetime) -> pl.DataFrame:
    """Return the columns of `CHECK_RESULTS`."""
    rows = [
        (
            one.table,
            *place_of(one.partition),
            one.rule.name,
            one.rule.severity,
            one.passed,
            one.detail,
            checked_at,
        )
        for one in results
    ]
    return pl.DataFrame(rows, schema=CHECK_RESULTS, orient="row")
