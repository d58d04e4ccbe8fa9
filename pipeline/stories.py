"""The story of one action for one principal, and the list of what a principal is granted: read from the tables."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.aws_actions.mapping import EventMapping
from assets.errors import UsageError
from assets.expanded_grants.explain import Explanation, explain_action
from assets.expanded_grants.patterns import PatternIndex
from assets.partitions import Partition
from assets.principal_diffs.activity import usage_of
from pipeline.answers import Question, details, diff_of
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from pipeline.settings import Settings, did_you_mean

NOT_EVALUATED = (
    "resource policies",
    "resource control policies",
    "session policies",
    "VPC endpoint policies",
)
"""What may take an action away, or give it, and is in no IAM data: said with every story, never guessed."""


@dataclass(frozen=True)
class Story:
    """All that is known of one action for one principal.

    `verdict` is its row of `principal_diffs`, None where it is neither granted nor used. `events`: `event_source`,
    `event_name`, `need`, `outcome`, `via_service`, `events`, `first_seen`, `last_seen`, `services`, `error_codes`,
    `last_event_id`, summed over the window. `operations`: `service`, `operation`, `need`, `recorded`.
    """

    explanation: Explanation
    verdict: dict[str, Any] | None
    recorded: str
    events: pl.DataFrame
    operations: pl.DataFrame


def story(
    lake: Lake, settings: Settings, question: Question, principal: dict[str, Any], action: str
) -> Story:
    """Tell it. Raises `UsageError` for an action that neither the catalogue nor a policy of the principal knows."""
    aws_actions, iam_actions = lake.read("aws_actions"), lake.read("iam_actions")
    explanation = explain_action(
        details(lake, question),
        principal["principal_arn"],
        action,
        Catalogue.from_frame(iam_actions),
        question.scps.read(),
        management_account=question.scps.management_account,
    )
    if not explanation.known and not explanation.allowing:
        hint = did_you_mean(action.lower(), iam_actions["action"].str.to_lowercase().to_list())
        raise UsageError(f"{action}: no such IAM action{hint}")
    name = explanation.action
    rows = diff_of(lake, settings, question, principal["principal_type"], principal["principal_name"])
    verdict = rows.filter(pl.col("action") == name)
    recorded = iam_actions.filter(pl.col("action") == name)["recorded"].to_list()
    return Story(
        explanation=explanation,
        verdict=verdict.row(0, named=True) if verdict.height else None,
        recorded=recorded[0] if recorded else "never",
        events=_events(lake, question, principal, name, aws_actions, iam_actions),
        operations=_operations(aws_actions, name),
    )


def grants(
    lake: Lake, question: Question, principal: dict[str, Any], pattern: str
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return `expanded_grants` of one principal whose action matches, their `grant_sources`, and its problems."""
    end = [Partition(question.window.end, question.account.id)]
    mine = pl.col("principal_arn") == principal["principal_arn"]
    rows = lake.scan("expanded_grants", end).filter(mine).drop("day", "account").collect()
    index = PatternIndex(Catalogue(tuple(sorted(rows["action"], key=str.lower)), ("",) * rows.height))
    rows = rows.filter(pl.col("action").is_in(index.expand([pattern])))
    ids = rows.select(pl.concat_list("granted_by", "restricted_by").explode().unique()).to_series()
    sources = lake.scan("grant_sources", end).filter(pl.col("id").is_in(ids.to_list())).drop("day", "account")
    problems = lake.scan("grant_problems", end).filter(mine).drop("day", "account")
    return rows, sources.collect(), problems.collect()


def _events(
    lake: Lake,
    question: Question,
    principal: dict[str, Any],
    action: str,
    aws_actions: pl.DataFrame,
    iam_actions: pl.DataFrame,
) -> pl.DataFrame:
    who = pl.DataFrame([principal]).select("principal_arn", "principal_id")
    partitions = [Partition(day, question.account.id) for day in question.window.days]
    usage = usage_of(who, lake.scan("cloudtrail_usage", partitions)).collect()
    calls = usage.filter(pl.col("event_type") == "AwsApiCall")
    needs = EventMapping.from_frames(aws_actions, iam_actions, DATA_FILES).map_pairs(calls)
    keys = ["event_source", "event_name", "need", "outcome", "via_service"]
    return (
        calls.join(needs.filter(pl.col("action") == action), on=["event_source", "event_name"])
        .group_by(keys)
        .agg(
            pl.col("events").sum(),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            pl.col("services").explode().unique().sort().drop_nulls(),
            pl.col("error_codes").explode().unique().sort().drop_nulls(),
            pl.col("last_event_id").sort_by("last_seen", "last_event_id").last(),
        )
        .sort(keys)
    )


def _operations(aws_actions: pl.DataFrame, action: str) -> pl.DataFrame:
    found = [
        aws_actions.filter(pl.col(need).list.contains(action)).select(
            "service", "operation", pl.lit(need).alias("need"), "recorded"
        )
        for need in ("primary", "conditional", "one_of")
    ]
    return pl.concat(found).sort("need", "service", "operation", descending=[True, False, False])
