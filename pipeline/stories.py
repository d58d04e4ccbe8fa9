"""The story of one action for one principal, and the list of what a principal is granted: read from the tables."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.aws_actions.mapping import EventMapping
from assets.cloudtrail_usage.identity import account_in
from assets.errors import UsageError
from assets.expanded_grants.explain import Explanation, explain_action
from assets.expanded_grants.patterns import PatternIndex, has_wildcard
from assets.iam_snapshots.authorization_details import AccountDetails
from assets.partitions import Partition
from assets.principal_diffs.activity import usage_of
from assets.principal_diffs.trails import with_trails
from pipeline.answers import Question, covered, details, diff_of
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from pipeline.settings import Settings, did_you_mean
from pipeline.verdict_rules import verdict_rules


@dataclass(frozen=True)
class Story:
    """All that is known of one action for one principal.

    `first_granted` (UTC) is None where no stored snapshot lacks the grant. `verdict` is the row of
    `principal_diffs`, None where no grant and no use are seen; `covered_days` is the row's, without one
    that of the window. `recorded` is `iam_actions.recorded`, `recorded_by_trails` what the configured trails
    make of it. `events`: `event_source`, `event_name`, `need`, `outcome`, `via_service`, `events`, `first_seen`,
    `last_seen`, `services`, `error_codes`, `last_event_id`, summed over the window. `operations`: `service`,
    `operation`, `need`, `recorded`, those that always need it first. `at_home`: whether the principal is of the
    account whose logs these are.
    """

    explanation: Explanation
    access_level: str
    first_granted: datetime | None
    verdict: dict[str, Any] | None
    window_days: int
    covered_days: int
    recorded: str
    recorded_by_trails: str
    events: pl.DataFrame
    operations: pl.DataFrame
    at_home: bool


def story(
    lake: Lake, settings: Settings, question: Question, principal: dict[str, Any], action: str
) -> Story:
    """Tell it. Raises `UsageError` for an action that neither the catalogue nor a policy of the principal knows."""
    aws_actions, iam_actions = lake.read("aws_actions"), lake.read("iam_actions")
    rules = verdict_rules(settings, question.account)
    trails = rules.trails_over(question.window)
    granted = _of_action(_stored_grants(lake, question, principal), action)
    explanation = _explained(question, details(lake, question), principal, action, iam_actions, granted)
    verdict = _of_action(diff_of(lake, settings, question, principal["principal_arn"]), action)
    known = _of_action(iam_actions, action)
    by_trails = _of_action(with_trails(iam_actions, aws_actions, trails), action)
    return Story(
        explanation=explanation,
        access_level=known["access_level"] if known else "",
        first_granted=granted["first_granted"] if granted else None,
        verdict=verdict,
        window_days=question.window.length,
        covered_days=verdict["covered_days"] if verdict else len(covered(lake, question)),
        recorded=known["recorded"] if known else "never",
        recorded_by_trails=by_trails["recorded"] if by_trails else "never",
        events=_events(lake, question, principal, explanation.action, aws_actions, iam_actions),
        operations=_operations(aws_actions, explanation.action),
        at_home=account_in(principal["principal_arn"]) == question.account.id,
    )


def _explained(
    question: Question,
    data: AccountDetails,
    principal: dict[str, Any],
    action: str,
    iam_actions: pl.DataFrame,
    granted: dict[str, Any] | None,
) -> Explanation:
    found = explain_action(
        data,
        principal["principal_arn"],
        action,
        Catalogue.from_frame(iam_actions),
        question.scps.read(),
        management_account=question.scps.management_account,
    )
    if found.known:
        return found
    # What no list of actions knows exists where a policy writes it out; a wildcard alone proves nothing.
    sources = () if has_wildcard(action) else (*found.allowing, *found.restricting, *found.denying)
    written = [source["pattern"] for source in sources if source["pattern"].lower() == action.lower()]
    if granted is None and not written:
        raise UsageError(f"{action}: no such IAM action{_instead(action, iam_actions)}")
    return replace(found, action=granted["action"] if granted else min(written))


def _instead(action: str, iam_actions: pl.DataFrame) -> str:
    if has_wildcard(action):
        return "; explain takes one action, 'cloudtracker grants --action' takes patterns"
    service = action.lower().rpartition(":")[0]
    same = iam_actions.filter(pl.col("action").str.to_lowercase().str.starts_with(f"{service}:"))
    return did_you_mean(action, (same if same.height else iam_actions)["action"].to_list())


def _of_action(rows: pl.DataFrame, action: str) -> dict[str, Any] | None:
    """Return the row of one action, written in any case."""
    found = rows.filter(pl.col("action").str.to_lowercase() == action.lower())
    return found.row(0, named=True) if found.height else None


def _stored_grants(lake: Lake, question: Question, principal: dict[str, Any]) -> pl.DataFrame:
    end = Partition(question.window.end, question.account.id)
    mine = pl.col("principal_arn") == principal["principal_arn"]
    return lake.scan("expanded_grants", [end]).filter(mine).drop("day", "account").collect()


def grants(
    lake: Lake, question: Question, principal: dict[str, Any], pattern: str
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return `expanded_grants` of one principal whose action matches, their `grant_sources`, and its problems."""
    end = [Partition(question.window.end, question.account.id)]
    mine = pl.col("principal_arn") == principal["principal_arn"]
    rows = _stored_grants(lake, question, principal)
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
        for need in ("primary", "one_of", "conditional")
    ]
    return pl.concat([rows.sort("service", "operation") for rows in found])
