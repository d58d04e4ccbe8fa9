"""Every suite, in data order, and how suites are held against a lake."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from assets.aws_actions import checks as aws_actions
from assets.cloudtrail_usage import checks as cloudtrail_usage
from assets.expanded_grants import checks as expanded_grants
from assets.iam_snapshots import checks as iam_snapshots
from assets.partitions import AnyPartition, Partition, at_place, place_of
from assets.permission_trends import checks as permission_trends
from assets.principal_diffs import checks as principal_diffs
from assets.role_sessions import checks as role_sessions
from assets.table_checks.results import CheckResult, as_frame
from assets.table_checks.rule import Suite
from assets.trail_settings import checks as trail_settings
from assets.unmapped_events import checks as unmapped_events
from pipeline.check_results import store
from pipeline.lake import Lake
from pipeline.tables import TABLES

SUITES = {
    suite.table: suite
    for module in (
        aws_actions,
        iam_snapshots,
        expanded_grants,
        cloudtrail_usage,
        unmapped_events,
        role_sessions,
        trail_settings,
        principal_diffs,
        permission_trends,
    )
    for suite in module.SUITES
}
"""The suites by table."""

SCHEMAS = {name: table.schema for name, table in TABLES.items()}


@dataclass(frozen=True)
class LakeChecker:
    """Holds suites against a lake and stores the results; Data Docs are written where `data_docs` names a folder."""

    lake: Lake
    data_docs: Path | None = None

    def check(self, suite: Suite, partitions: Sequence[AnyPartition]) -> list[CheckResult]:
        """Return a result for each rule and partition, after storing them."""
        from assets.table_checks.validate import validate

        began = datetime.now(UTC)
        results = validate(suite, partitions, self.lake, SCHEMAS, self.data_docs)
        store(self.lake, as_frame(results, began))
        return results


def check_stored(
    lake: Lake, data_docs: Path | None, account: str | None, day: date | None, table: str | None
) -> None:
    """Check the stored tables, all or those of an account, a day or a name, without making any of them.

    A table is asked for the days that it has, and for those of the tables that follow from it or are held
    against it: a day that was lost is a result, too. Tables that are not cut by account, or by day, are left out
    where it is given.
    """
    checker = LakeChecker(lake, data_docs)
    stored = {
        name: [one for one in lake.cuts(name) if _is_of(one, account, day)]
        for name, suite in SUITES.items()
        if suite.partitioned
    }
    for suite in SUITES.values():
        if table not in (None, suite.table):
            continue
        if not suite.partitioned:
            checker.check(suite, ())
            continue
        rely = [
            one
            for one in SUITES.values()
            if suite.table in (one.table, *one.made_from, *one.reads) and one.cut in (suite.cut, Partition)
        ]
        asked = {at_place(suite.cut, *place_of(part)) for one in rely for part in stored[one.table]}
        for whose in sorted({place_of(one)[1] for one in asked}):
            checker.check(suite, sorted(one for one in asked if place_of(one)[1] == whose))


def _is_of(partition: AnyPartition, account: str | None, day: date | None) -> bool:
    on, whose = place_of(partition)
    return account in (None, whose) and day in (None, on)
