"""The diffs of days: which rows of the tables each one is made from."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from assets.aws_actions.mapping import EventMapping
from assets.coded_text import plain
from assets.iam_snapshots.principals import principals
from assets.partitions import Partition
from assets.principal_diffs.codes import granted_names
from assets.principal_diffs.coverage import Window
from assets.principal_diffs.diff import ROWS_AT_ONCE, Granted, Used, diff, diff_in_ranges
from assets.principal_diffs.earlier_grants import EarlierGrants
from assets.principal_diffs.rules import VerdictRules
from assets.principal_diffs.trails import Trail, with_trails


@dataclass(frozen=True)
class DiffOptions:
    """What the configuration says: the window's length, an account's rules, where the mapping's facts lie."""

    lookback_days: int
    rules_of: Callable[[str], VerdictRules]
    facts_folder: Path


@dataclass(frozen=True)
class Tables:
    """The tables that diffs are made from; the lazy ones with `day` and `account`."""

    usage: pl.LazyFrame
    coverage: pl.LazyFrame
    grants: pl.LazyFrame
    problems: pl.LazyFrame
    snapshots: pl.LazyFrame
    aws_actions: pl.DataFrame
    iam_actions: pl.DataFrame


def diff_days(
    partitions: Iterable[Partition], tables: Tables, options: DiffOptions
) -> Iterator[tuple[Partition, pl.DataFrame | pl.LazyFrame]]:
    """Yield `principal_diffs` for each partition, from the window that ends with its day.

    Where there are more than `ROWS_AT_ONCE` grants, the rows are made as they are written: see `diff.diff_in_ranges`.
    """
    with ThreadPoolExecutor(2) as aside:
        mapping = aside.submit(
            EventMapping.from_frames, tables.aws_actions, tables.iam_actions, options.facts_folder
        )
        # Coverage is small and every window needs it: opening its files again for each day took longer than the diffs.
        tables = replace(tables, coverage=tables.coverage.collect().lazy())
        earlier = EarlierGrants(tables.grants)
        recorded: dict[tuple[Trail, ...], pl.DataFrame] = {}
        for partition in partitions:
            window = Window.ending(partition.day, options.lookback_days)
            rules = options.rules_of(partition.account)
            trails = rules.trails_over(window)
            if trails not in recorded:
                recorded[trails] = with_trails(tables.iam_actions, tables.aws_actions, trails)
            # All of millions of grants are looked through, and what else is needed is read meanwhile.
            grants = _on(tables.grants, partition.account, window)
            names = aside.submit(granted_names, grants, recorded[trails])
            granted, used = _inputs(partition.account, window, tables, earlier)
            granted = replace(granted, names=names)
            many = granted.grants.select(pl.len()).collect().item() > ROWS_AT_ONCE
            compare = diff_in_ranges if many else diff
            yield partition, compare(granted, used, window, mapping.result(), recorded[trails], rules)


def window_diff(
    account: str,
    window: Window,
    tables: Tables,
    mapping: EventMapping,
    rules: VerdictRules,
    principal_arn: str | None = None,
) -> pl.DataFrame:
    """Return the diff of one account for one window: the grants of its last day, the usage of all its days.

    `principal_arn` limits it to one.
    """
    known = with_trails(tables.iam_actions, tables.aws_actions, rules.trails_over(window))
    granted, used = _inputs(account, window, tables, EarlierGrants(tables.grants), principal_arn)
    return plain(diff(granted, used, window, mapping, known, rules))


def _inputs(
    account: str, window: Window, tables: Tables, earlier: EarlierGrants, principal_arn: str | None = None
) -> tuple[Granted, Used]:
    people = principals(_on(tables.snapshots, account, window).collect())
    grants = _on(tables.grants, account, window)
    if principal_arn is not None:
        people = people.filter(pl.col("principal_arn") == principal_arn)
        grants = grants.filter(pl.col("principal_arn") == principal_arn)
    granted = Granted(
        account=account,
        principals=people,
        grants=grants,
        problems=_on(tables.problems, account, window).collect(),
        earlier=earlier,
    )
    used = Used(
        usage=tables.usage.filter(pl.col("account") == account),
        coverage=tables.coverage.filter(pl.col("account") == account),
    )
    return granted, used


def _on(table: pl.LazyFrame, account: str, window: Window) -> pl.LazyFrame:
    return table.filter((pl.col("account") == account) & (pl.col("day") == window.end)).drop("day", "account")
