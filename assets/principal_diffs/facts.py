"""What verdicts follow from besides the grants: facts about principals and actions, and what was performed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from assets.coded_text import of_its_values
from assets.principal_diffs import removable
from assets.principal_diffs.codes import Codes
from assets.principal_diffs.coverage import Window, since
from assets.principal_diffs.verdicts import unseen


@dataclass(frozen=True)
class Facts:
    """The facts of one diff.

    `people` and `actions` are in the order of their codes; `performed` (`actions_of`) holds `key` and is sorted by it.
    `covered`: the days of the window that are, in order; `exclusion`: the text of it, of a row's codes.
    """

    codes: Codes
    people: pl.DataFrame
    actions: pl.DataFrame
    performed: pl.DataFrame
    window: Window
    covered: list[date]
    min_covered_days: int
    exclusion: pl.Expr
    mapping_version: str


def key(codes: Codes) -> pl.Expr:
    """Return one number for `principal_arn` and `action`, both codes, in the order of both."""
    size = len(codes.actions.categories)
    return pl.col("principal_arn").to_physical().cast(pl.UInt64) * size + pl.col("action").to_physical()


def of_another_account(account: str) -> pl.Expr:
    """Say of `principal_arn` whether it is of another account than that of the logs.

    A file that was merged from several accounts has such users and roles: what they do at home is in other logs.
    """
    owner = pl.col("principal_arn").str.split(":").list.get(4, null_on_oob=True)
    return (owner != account).fill_null(False)


def facts_on_people(
    account: str,
    principals: pl.DataFrame,
    events: pl.DataFrame,
    problems: pl.DataFrame,
    window: Window,
    covered: list[date],
) -> pl.DataFrame:
    """Return what a verdict follows from of each principal, sorted by ARN; names and ids as codes."""
    begin = datetime.combine(window.start, time(), UTC)
    end = datetime.combine(window.end, time(), UTC) + timedelta(days=1)
    people = principals.unique("principal_arn").sort("principal_arn")
    starts = people["created_at"].dt.date().fill_null(window.start).clip(lower_bound=window.start)
    return people.select(
        "principal_arn",
        *(of_its_values(people[name]) for name in ("principal_id", "principal_type", "principal_name")),
        removable.of_principal().alias("removable"),
        since(starts, covered),
        problem=pl.col("principal_arn").is_in(problems["principal_arn"].unique().to_list()),
        # IAM's own word (RoleLastUsed) against logs that never show the role: the logs are not all there.
        used_elsewhere=pl.col("role_last_used").is_between(begin, end, closed="left").fill_null(False)
        & ~pl.col("principal_arn").is_in(events["principal_arn"].unique().to_list()),
        foreign=of_another_account(account),
    )


def facts_on_actions(iam_actions: pl.DataFrame, codes: Codes) -> pl.DataFrame:
    """Return what a verdict follows from of each action, in the order of the codes; nothing is known of some."""
    known = iam_actions.select("action", "recorded", guessed="unverified", level="access_level")
    return (
        pl.DataFrame({"action": codes.actions.categories})
        .join(known, on="action", how="left", maintain_order="left")
        .select(
            "action",
            pl.col("recorded").map_batches(unseen).alias("unseen"),
            pl.col("guessed").fill_null(False),
            pl.col("level").fill_null("").cast(codes.levels),
        )
    )
