"""Days of logs counted by Athena: one query for a range of days and the accounts that share them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.athena.client import DOLLARS_A_BYTE, Athena, AthenaPlace, QueryError, Scanned
from assets.cloudtrail_usage.athena.coding import AccountRows
from assets.cloudtrail_usage.athena.counting import tables
from assets.cloudtrail_usage.athena.listing import Listed, listed, reject_unread
from assets.cloudtrail_usage.athena.log_table import LogTable
from assets.cloudtrail_usage.athena.query import ROWS, Wanted, query
from assets.cloudtrail_usage.batches import STEPS, Plan
from assets.cloudtrail_usage.deliveries import Clock
from assets.cloudtrail_usage.reader import DayTables
from assets.cloudtrail_usage.schema import as_columns
from assets.cloudtrail_usage.sources.s3 import S3Logs
from assets.cloudtrail_usage.staging import staging_folder
from assets.errors import RunError

# Athena ends a query at the first file that it cannot read; so many are left out, one query after the other.
BAD_FILES = 20
# So many listed files that it gave no record of are looked into one by one.
UNSEEN_FILES = 500
_GIGABYTE = 1e9


@dataclass
class AthenaReading:
    """How Athena reads the logs; days, lateness and progress as in `reader.read_days`.

    `max_scan_gb` (10**9 bytes; None: no limit) bounds what one query may scan. `skip_setup` trusts that
    database and table are there. `told` is given the bytes that each query scanned, and the dollars.
    """

    source: S3Logs
    table: LogTable
    place: AthenaPlace
    late_days: int
    late_hours: int
    late_deliveries: Callable[[str], Mapping[date, Sequence[date]]]
    now: Callable[[], datetime]
    staging: Path
    secret: Callable[[], bytes] = field(repr=False)
    max_scan_gb: float | None = None
    skip_setup: bool = False
    progress: Callable[[int, int], None] | None = None
    told: Callable[[int, float], None] | None = None
    scanned: Scanned = field(default_factory=Scanned)

    def tables(self, wanted: Mapping[str, Sequence[date]]) -> Iterator[tuple[str, DayTables]]:
        """Yield the tables of each account's days: days in order, one query for accounts that want the same."""
        groups: list[tuple[Plan, list[str]]] = []
        for account in sorted(wanted):
            days = sorted(set(wanted[account]))
            late = self.late_deliveries(account)
            plan = Plan(days, self.late_days, {day: late[day] for day in days if day in late})
            same = next((accounts for other, accounts in groups if other == plan), None)
            if same is None:
                groups.append((plan, [account]))
            else:
                same.append(account)
        for plan, accounts in groups:
            if plan.days:
                yield from self._read(plan, accounts)

    def metadata(self) -> dict[str, int | float]:
        """Return what the queries scanned, and what that costs."""
        return {
            "athena_queries": self.scanned.queries,
            "athena_bytes_scanned": self.scanned.bytes,
            "athena_cost_usd": round(self.scanned.dollars, 6),
        }

    def _read(self, plan: Plan, accounts: Sequence[str]) -> Iterator[tuple[str, DayTables]]:
        clock = Clock(self.now(), self.late_hours)
        steps = STEPS * len(plan.deliveries())
        self._progress(0, steps)
        found = {account: listed(self.source, account, plan) for account in accounts}
        self._check_size(found, plan)
        rows = self._queried(plan, found)
        self._progress(steps, steps)
        for account in accounts:
            one, of_account = found[account], rows.filter(pl.col("account") == account)
            files = of_account.filter(pl.col("path").is_not_null())
            events = of_account.filter(pl.col("path").is_null(), pl.col("counted") != "")
            seen = {path.removeprefix(self.table.root) for path in files["path"]}
            self._check_seen(one, seen)
            known = AccountRows(account, plan, one.regions, self.table.root, one.deliveries, files, events)
            with staging_folder(self.staging) as folder:
                for made in tables(known, clock, folder, self.secret()):
                    yield account, made

    def _check_size(self, found: Mapping[str, Listed], plan: Plan) -> None:
        size = sum(one.bytes for one in found.values()) / _GIGABYTE
        if self.max_scan_gb is not None and size > self.max_scan_gb:
            cost = size * _GIGABYTE * DOLLARS_A_BYTE
            raise RunError(
                f"Athena would scan {size:.3g} GB (about ${cost:.2f}) for {plan.days[0]} to {plan.days[-1]} of"
                f" {', '.join(found)}, more than 'athena.max_scan_gb: {self.max_scan_gb:g}' allows; nothing was"
                " queried. Ask for fewer days, or raise it"
            )

    def _queried(self, plan: Plan, found: Mapping[str, Listed]) -> pl.DataFrame:
        if not any(one.logs for one in found.values()):
            return pl.DataFrame(schema=ROWS)
        athena = Athena(self.place, self.table.database, self.scanned)
        with athena.results():
            if not self.skip_setup:
                athena.statement(self.table.create_database)
                athena.statement(self.table.create)
                self.skip_setup = True
            before = self.scanned.bytes
            try:
                rows = self._without_bad_files(athena, plan, found)
            finally:
                if self.told:
                    self.told(self.scanned.bytes - before, (self.scanned.bytes - before) * DOLLARS_A_BYTE)
        # UNLOAD writes no file, and so tells no columns, where there are no rows.
        return as_columns(rows, ROWS) if rows.width else pl.DataFrame(schema=ROWS)

    def _without_bad_files(self, athena: Athena, plan: Plan, found: Mapping[str, Listed]) -> pl.DataFrame:
        """Query; a file that Athena cannot read is rejected as the local reader would, and left out."""
        regions = sorted({region for one in found.values() for region in one.read_regions})
        without = [self.table.root + path for one in found.values() for path in one.strangers]
        tries = len(without) + BAD_FILES
        while True:
            try:
                return athena.unload(*query(self.table, Wanted(list(found), regions, plan, without)))
            except QueryError as failure:
                path = _named(failure.reason, self.table.root)
                one = next((one for one in found.values() if path in one.logs), None)
                if one is None or len(without) == tries:
                    raise
                reject_unread(self.source, one, [path], f"Athena: {failure.reason}")
                if path in one.logs:
                    # It holds no records at all, so nothing is lost without it.
                    del one.logs[path]
                without.append(self.table.root + path)

    def _check_seen(self, one: Listed, seen: set[str]) -> None:
        unseen = sorted(one.logs.keys() - seen)
        if len(unseen) > UNSEEN_FILES:
            raise RunError(
                f"Athena reported no record of {len(unseen):,} of {len(one.logs):,} files that are listed below"
                f" {self.table.location}, as {unseen[0]}; 'cloudtracker athena cleanup' removes the table, the next"
                " run makes it again"
            )
        reject_unread(self.source, one, unseen)

    def _progress(self, done: int, total: int) -> None:
        if self.progress:
            self.progress(done, total)


def _named(reason: str, root: str) -> str:
    """Return the file that a failure names, relative to the logs' root; "" where it names none."""
    match = re.search(re.escape(root) + r"(\S+?\.json(?:\.gz)?)(?![\w.])", reason)
    return match.group(1) if match else ""
