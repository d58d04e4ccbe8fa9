"""Granted against used: one function for the stored diff and for every other window that is asked for."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl
from polars.io.plugins import register_io_source

from assets.aws_actions.mapping import EventMapping
from assets.coded_text import plain
from assets.errors import StorageError
from assets.principal_diffs.activity import actions_of, events_of
from assets.principal_diffs.codes import Codes, Names, codes_of, granted_names
from assets.principal_diffs.coverage import Window, covered_days
from assets.principal_diffs.earlier_grants import EarlierGrants
from assets.principal_diffs.exclusions import exclusion_of
from assets.principal_diffs.facts import Facts, facts_on_actions, facts_on_people, key
from assets.principal_diffs.judged import judged
from assets.principal_diffs.revoked import pairs, told_without_grant
from assets.principal_diffs.rules import VerdictRules
from assets.principal_diffs.verdicts import use

ROWS_AT_ONCE = 250_000
"""So many grants are compared at a time where there are more."""

# About so many times as many are read at a time: Polars reads as far ahead as there is something to read.
_READ_AHEAD = 8


@dataclass(frozen=True)
class Granted:
    """What was granted in an account on the last day of the window.

    `principals`: `principal_arn`, `principal_id`, `principal_type`, `principal_name`, `created_at`,
    `role_last_used`, `service_linked`, `sso`; `grants`: `expanded_grants`, sorted by `principal_arn` and `action`;
    `problems`: `grant_problems`; `earlier` tells what was revoked. `names`: the `granted_names` of `grants`,
    where somebody looks for them already.
    """

    account: str
    principals: pl.DataFrame
    grants: pl.LazyFrame
    problems: pl.DataFrame
    earlier: EarlierGrants
    names: Future[Names] | None = None


@dataclass(frozen=True)
class Used:
    """What the logs say: `usage` (`cloudtrail_usage`) and `coverage` (`log_coverage`), both with `day`."""

    usage: pl.LazyFrame
    coverage: pl.LazyFrame


def diff(
    granted: Granted,
    used: Used,
    window: Window,
    mapping: EventMapping,
    iam_actions: pl.DataFrame,
    rules: VerdictRules,
) -> pl.DataFrame:
    """Return `principal_diffs` for every principal in `granted`, sorted by `principal_arn` and `action`.

    The column `recorded` of `iam_actions` is as the account's trails make it: see `trails.with_trails`. The columns of
    text are Enums, but for the ids of events.
    """
    facts = _facts(granted, used, window, mapping, iam_actions, rules)
    grants = _keyed(_coded(granted.grants, facts.codes).collect(), facts.codes).sort("key")
    # Only what was used without a grant is looked up, so that the earlier days are read for little.
    wanted = facts.performed.join(grants, on="key", how="anti")
    facts = told_without_grant(facts, _granted_before(wanted, granted, window, facts))
    return judged(grants, facts.performed, facts)


def diff_in_ranges(
    granted: Granted,
    used: Used,
    window: Window,
    mapping: EventMapping,
    iam_actions: pl.DataFrame,
    rules: VerdictRules,
) -> pl.LazyFrame:
    """Return what `diff` does as rows that are made as they are written, a range of principals after the other.

    Raises `StorageError`, while the rows are made, for grants
    that are not sorted.
    """
    facts = _facts(granted, used, window, mapping, iam_actions, rules)
    # Where there is no earlier day, nothing was granted on one: all grants need not be looked through for it.
    there_are = granted.earlier.has_days(granted.account, window)
    wanted = _ungranted(granted.grants, facts) if there_are else facts.performed.clear()
    facts = told_without_grant(facts, _granted_before(wanted, granted, window, facts))
    nothing = _keyed(pl.DataFrame(schema=_coded(granted.grants, facts.codes).collect_schema()), facts.codes)

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        del batch_size
        for rows in _ranges(granted.grants, nothing, facts):
            kept = rows if predicate is None else rows.filter(predicate)
            kept = kept if n_rows is None else kept.head(n_rows)
            yield kept if with_columns is None else kept.select(with_columns)
            if n_rows is not None:
                n_rows -= kept.height
                if not n_rows:
                    return

    return register_io_source(source, schema=judged(nothing, facts.performed.clear(), facts).schema)


def _ungranted(grants: pl.LazyFrame, facts: Facts) -> pl.DataFrame:
    """Return the rows of what was performed that are not granted, without holding the grants."""
    names = plain(facts.performed.select("principal_arn", "action"))
    granted = (
        grants.filter(pl.col("action").is_in(names["action"].unique().to_list()))
        .select("principal_arn", "action")
        .join(names.lazy(), on=["principal_arn", "action"], how="semi")
        .collect(engine="streaming")
        .cast({"principal_arn": facts.codes.principals, "action": facts.codes.actions})
    )
    return facts.performed.join(granted, on=["principal_arn", "action"], how="anti")


def _granted_before(wanted: pl.DataFrame, granted: Granted, window: Window, facts: Facts) -> pl.DataFrame:
    """Return the pairs (`PAIR`, codes) of what was performed that were granted on an earlier day of the window."""
    # Few principals use what is not granted, and on few days: no other grants of 90 days are held.
    asked = pairs(wanted.filter(pl.col("events") > 0), facts).unique()
    return granted.earlier.among(granted.account, window, plain(asked)).cast(asked.schema)


def _ranges(grants: pl.LazyFrame, nothing: pl.DataFrame, facts: Facts) -> Iterator[pl.DataFrame]:
    """Yield the verdicts on some grants after the other, in order, what was used without a grant among them."""
    last, done = -1, 0
    for rows in _read(grants, facts.codes):
        keys = rows["key"]
        if not keys.is_sorted() or keys[0] <= last:
            raise StorageError("expanded_grants: the rows are not sorted by principal_arn and action")
        last = keys[-1]
        upto = facts.performed["key"].search_sorted(last, side="right")
        yield judged(rows, facts.performed[done:upto], facts)
        done = upto
    yield judged(nothing, facts.performed[done:], facts)


def _read(grants: pl.LazyFrame, codes: Codes) -> Iterator[pl.DataFrame]:
    """Yield the grants in their order, some at a time."""
    arns = codes.principals.categories
    total = grants.select(pl.len()).collect().item()
    step = max(1, len(arns) * _READ_AHEAD * ROWS_AT_ONCE // max(1, total))
    for first in range(0, len(arns), step):
        some = arns[first : first + step]
        theirs = grants.filter(pl.col("principal_arn").is_between(pl.lit(some[0]), pl.lit(some[-1])))
        for read in _coded(theirs, codes).collect_batches(chunk_size=ROWS_AT_ONCE, maintain_order=True):
            if read.height:
                yield _keyed(read, codes)


def _facts(
    granted: Granted,
    used: Used,
    window: Window,
    mapping: EventMapping,
    iam_actions: pl.DataFrame,
    rules: VerdictRules,
) -> Facts:
    with ThreadPoolExecutor(1) as aside:
        # All grants are looked through meanwhile.
        names = granted.names or aside.submit(granted_names, granted.grants, iam_actions)
        events = events_of(
            granted.principals, used.usage.filter(pl.col("day").is_between(window.start, window.end))
        )
        performed = actions_of(events, mapping)
        covered = covered_days(used.coverage, window)
        codes = codes_of(granted.principals, names.result(), performed)
    people = facts_on_people(granted.account, granted.principals, events, granted.problems, window, covered)
    actions = facts_on_actions(iam_actions, codes)
    return Facts(
        codes,
        people,
        actions,
        performed.with_columns(
            pl.col("principal_arn").cast(codes.principals), pl.col("action").cast(codes.actions)
        )
        .with_columns(pl.col("last_event_id").fill_null(""), key=key(codes), use=use())
        .sort("key"),
        window,
        covered,
        rules.min_covered_days,
        exclusion_of(rules.exclusions, window.end, plain(people), actions["action"]),
        mapping.version,
    )


def _coded(grants: pl.LazyFrame, codes: Codes) -> pl.LazyFrame:
    """Return what a verdict needs of each grant of those principals, in codes."""
    return grants.select(
        # The grants of a day may be those of a principal that its snapshot does not have.
        pl.col("principal_arn").cast(codes.principals, strict=False),
        pl.col("action").cast(codes.actions),
        pl.col("access_level").cast(codes.levels),
        "first_granted",
        pl.col("restricted", "unverified", "unknown_action", "only_aws_managed").fill_null(False),
    ).drop_nulls("principal_arn")


def _keyed(grants: pl.DataFrame, codes: Codes) -> pl.DataFrame:
    # Not before: what is read ahead of the verdicts on it lies in memory.
    return grants.with_columns(key=key(codes))
