"""Granted against used: one function for the stored diff and for every other window that is asked for."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import polars as pl

from assets.aws_actions.mapping import EventMapping
from assets.principal_diffs.activity import actions_of, events_of
from assets.principal_diffs.coverage import Window, covered_days, since
from assets.principal_diffs.exclusions import with_exclusions
from assets.principal_diffs.removable import only_aws_managed, removable
from assets.principal_diffs.rules import VerdictRules
from assets.principal_diffs.schema import PRINCIPAL_DIFFS
from assets.principal_diffs.verdicts import decide

OF_GRANTS = (
    "principal_arn",
    "action",
    "access_level",
    "restricted",
    "granted_by",
    "first_granted",
    "unverified",
    "unknown_action",
)
"""The columns of `expanded_grants` that a diff is made from: the others, lists among them, need not be read."""


@dataclass(frozen=True)
class Granted:
    """What was granted on the last day of the window.

    `principals`: `principal_arn`, `principal_id`, `principal_type`, `principal_name`, `created_at`,
    `role_last_used`, `service_linked`, `sso`; `grants`: `OF_GRANTS` of `expanded_grants`; `sources`:
    `id` and `policy_arn` of `grant_sources`; `problems`: `grant_problems`; `earlier`:
    `expanded_grants` of earlier days (`principal_id`, `action`), which tells what was revoked.
    """

    principals: pl.DataFrame
    grants: pl.DataFrame
    sources: pl.DataFrame
    problems: pl.DataFrame
    earlier: pl.LazyFrame


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

    The column `recorded` of `iam_actions` is as the account's trails make it: see `trails.with_trails`.
    """
    events = events_of(
        granted.principals, used.usage.filter(pl.col("day").is_between(window.start, window.end))
    )
    covered = covered_days(used.coverage, window)
    rows = _granted_and_performed(granted, actions_of(events, mapping))
    rows = (
        rows.join(
            _facts_on(granted.principals, events, granted.problems, window), on="principal_arn", how="inner"
        )
        .join(_revoked(rows, granted), on=["principal_id", "action"], how="left")
        .join(
            iam_actions.select("action", "recorded", guessed="unverified", level="access_level"),
            on="action",
            how="left",
        )
        .with_columns(
            pl.col("recorded").fill_null("never"),
            pl.col("was_granted").fill_null(False),
            pl.col("unverified") | pl.col("guessed").fill_null(False),
            pl.col("access_level").fill_null(pl.col("level")).fill_null(""),
            _starts(window).alias("start"),
        )
    )
    rows = rows.with_columns(since(rows["start"], covered))
    verdicts = decide(rows, min_covered_days=rules.min_covered_days, all_covered_days=len(covered))
    return (
        with_exclusions(verdicts, rules.exclusions, window.end)
        .with_columns(
            window_days=pl.lit(window.length, pl.Int64),
            mapping_version=pl.lit(mapping.version),
            removable=removable(),
            last_event_id=pl.col("last_event_id").fill_null(""),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in PRINCIPAL_DIFFS.items())
        .sort("principal_arn", "action")
    )


def _granted_and_performed(granted: Granted, performed: pl.DataFrame) -> pl.DataFrame:
    own = granted.grants.select(name for name in OF_GRANTS if name != "granted_by").with_columns(
        granted=pl.lit(True), only_aws_managed=only_aws_managed(granted.grants, granted.sources)
    )
    return own.join(performed, on=["principal_arn", "action"], how="full", coalesce=True).with_columns(
        pl.col("granted", "restricted", "unverified", "unknown_action", "only_aws_managed").fill_null(False),
        pl.col("events", "own_events", "denied_events", "error_events", "maybe_events").fill_null(0),
    )


def _revoked(rows: pl.DataFrame, granted: Granted) -> pl.DataFrame:
    # Only what was used without a grant is looked up, so that the earlier days are read for little.
    wanted = rows.filter(~pl.col("granted") & (pl.col("events") > 0))["action"].unique().to_list()
    return (
        granted.earlier.filter(pl.col("action").is_in(wanted))
        .select("principal_id", "action", was_granted=pl.lit(True))
        .unique()
        .collect()
    )


def _facts_on(
    principals: pl.DataFrame, events: pl.DataFrame, problems: pl.DataFrame, window: Window
) -> pl.DataFrame:
    begin = datetime.combine(window.start, time(), UTC)
    end = datetime.combine(window.end, time(), UTC) + timedelta(days=1)
    return principals.select(
        "principal_arn",
        "principal_id",
        "principal_type",
        "principal_name",
        "created_at",
        "service_linked",
        "sso",
        problem=pl.col("principal_arn").is_in(problems["principal_arn"].unique().to_list()),
        # IAM's own word (RoleLastUsed) against logs that never show the role: the logs are not all there.
        used_elsewhere=pl.col("role_last_used").is_between(begin, end, closed="left").fill_null(False)
        & ~pl.col("principal_arn").is_in(events["principal_arn"].unique().to_list()),
    )


def _starts(window: Window) -> pl.Expr:
    return pl.max_horizontal(
        pl.lit(window.start, pl.Date), pl.col("created_at").dt.date(), pl.col("first_granted").dt.date()
    )
