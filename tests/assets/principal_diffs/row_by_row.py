"""The diff row by row in plain Python: slow, large, and easy to see through. The command never runs it."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

import polars as pl

from assets.aws_actions.mapping import EventMapping
from assets.principal_diffs.activity import actions_of, events_of
from assets.principal_diffs.coverage import Window, covered_days
from assets.principal_diffs.diff import Granted, Used
from assets.principal_diffs.exclusions import with_exclusions
from assets.principal_diffs.rules import VerdictRules
from assets.principal_diffs.schema import PRINCIPAL_DIFFS
from assets.principal_diffs.verdicts import RESOURCE_POLICIES
from tests.build import ACCOUNT

_GRANT = ("restricted", "unverified", "unknown_action", "only_aws_managed")
_TEXTS = dict.fromkeys(("reason", "status", "removable", "access_level"), pl.String)
_COUNTS = ("events", "own_events", "denied_events", "error_events", "maybe_events")

_WITHIN = {
    ("kms", "CreateGrant"),
    ("codeartifact", "CreateRepository"),
    ("ecr", "CreateRepository"),
    ("s3express", "CreateSession"),
    ("s3tables", "CreateNamespace"),
    ("s3tables", "CreateTable"),
    ("s3vectors", "CreateIndex"),
}


def row_by_row(
    granted: Granted,
    used: Used,
    window: Window,
    mapping: EventMapping,
    iam_actions: pl.DataFrame,
    rules: VerdictRules,
) -> pl.DataFrame:
    """Return what `diff.diff` does."""
    people = granted.principals
    events = events_of(people, used.usage.filter(pl.col("day").is_between(window.start, window.end)))
    seen = set(events["principal_arn"])
    problems = set(granted.problems["principal_arn"])
    covered = covered_days(used.coverage, window)
    begin = datetime.combine(window.start, time(), UTC)
    end = datetime.combine(window.end, time(), UTC) + timedelta(days=1)
    before = granted.earlier.grants.select("principal_arn", "principal_id", "action").collect()
    earlier = {(id_ or arn, action) for arn, id_, action in before.iter_rows()}
    own = granted.grants.select(
        "principal_arn", "action", "access_level", "first_granted", *_GRANT, granted=pl.lit(True)
    ).collect()
    facts = iam_actions.select("action", "recorded", guessed="unverified", level="access_level")
    rows = (
        own.join(actions_of(events, mapping), on=["principal_arn", "action"], how="full", coalesce=True)
        .join(people, on="principal_arn")
        .join(facts, on="action", how="left")
        .with_columns(pl.col("granted", "guessed", *_GRANT).fill_null(False), pl.col(*_COUNTS).fill_null(0))
        .with_columns(pl.col("unverified") | pl.col("guessed"), pl.col("last_event_id").fill_null(""))
    )
    judged = []
    for row in rows.iter_rows(named=True):
        if not row["granted"] and not row["events"]:
            continue
        starts = [window.start, *(one.date() for one in (row["created_at"], row["first_granted"]) if one)]
        days = sum(day >= max(starts) for day in covered)
        last_used = row["role_last_used"]
        row |= {
            "covered_days": days,
            "problem": row["principal_arn"] in problems,
            "elsewhere": last_used and begin <= last_used < end and row["principal_arn"] not in seen,
            "few": "too_new" if len(covered) >= rules.min_covered_days else "low_coverage",
            "too_few": days < rules.min_covered_days,
            "earlier": (row["principal_id"] or row["principal_arn"], row["action"]) in earlier,
        }
        reason = _granted(row) if row["granted"] else _not_granted(row)
        level = row["access_level"] if row["access_level"] is not None else row["level"]
        judged.append(
            row
            | {
                "reason": reason,
                "status": _status(reason),
                "removable": _removable(row),
                "access_level": level or "",
            }
        )
    frame = pl.DataFrame(judged, {**rows.schema, "covered_days": pl.Int64, **_TEXTS}, orient="row")
    return (
        with_exclusions(frame, rules.exclusions, window.end)
        .with_columns(window_days=pl.lit(window.length, pl.Int64), mapping_version=pl.lit(mapping.version))
        .select(pl.col(name).cast(dtype) for name, dtype in PRINCIPAL_DIFFS.items())
        .sort("principal_arn", "action")
    )


def _granted(row: dict[str, Any]) -> str:
    if row["events"]:
        return "called" if row["own_events"] else "called_by_service"
    if row["problem"]:
        return "missing_policy"
    if row["unknown_action"]:
        return "unknown_action"
    if row["unverified"]:
        return "unverified"
    match row["recorded"]:
        case None | "never":
            return "not_recorded"
        case "data":
            return "selectors_unknown"
        case "excluded":
            return "excluded_by_trail"
    if row["error_events"]:
        return "only_errors"
    if row["maybe_events"]:
        return "maybe_needed"
    if row["principal_arn"].split(":")[4] != ACCOUNT:
        return "other_account"
    if row["elsewhere"]:
        return "role_last_used"
    if row["too_few"]:
        return str(row["few"])
    return "only_denied" if row["denied_events"] else "never_called"


def _not_granted(row: dict[str, Any]) -> str:
    service, _, name = row["action"].partition(":")
    if row["problem"]:
        return "missing_policy"
    if row["unverified"]:
        return "unverified"
    if row["earlier"]:
        return "revoked"
    if row["action"].startswith("sts:AssumeRole"):
        return "trust_policy"
    # A grant of a key, a table of a catalogue: something with a policy is there before it.
    within = (service, name) in _WITHIN or service in ("glue", "organizations")
    makes_it = (re.match("Create[A-Z]", name) and not within) or name == "ListAllMyBuckets"
    return "possibly_resource_policy" if service in RESOURCE_POLICIES and not makes_it else "revoked"


def _status(reason: str) -> str:
    if reason in ("called", "called_by_service"):
        return "used"
    if reason in ("never_called", "only_denied"):
        return "unused"
    return "not_granted" if reason in ("revoked", "trust_policy", "possibly_resource_policy") else "unknown"


def _removable(row: dict[str, Any]) -> str:
    if not row["granted"]:
        return ""
    if row["service_linked"]:
        return "service_linked_role"
    if row["sso"]:
        return "sso_role"
    return "aws_managed_policy" if row["only_aws_managed"] else "yes"
