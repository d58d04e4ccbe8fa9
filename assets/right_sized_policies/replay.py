"""What a policy would have said to the calls that were made."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.attachments import Carrier, Holdings, Policy
from assets.expanded_grants.compiler import Compiler
from assets.expanded_grants.evaluate import with_unknown_literals
from assets.expanded_grants.statements import read_statements

COLUMNS: dict[str, pl.DataType] = {
    "action": pl.String(),
    "answer": pl.String(),
    "reason": pl.String(),
    "events": pl.Int64(),
    "last_used": pl.Datetime("us", "UTC"),
}

REASONS = {
    "granted": "the policy grants it on all resources, under no condition",
    "no_grant": "the policy does not grant it, or denies it",
    "restricted": "granted only on some resources, under a condition, or partly denied: the usage holds neither",
    "not_granted_before": "it was used without a grant: what allowed it then (a policy of the resource, a trust"
    " policy) would allow it again",
    "unread": "what allowed it then could not be read in the IAM data, or is a policy of the resource that would"
    " allow it again",
    "revoked": "it was granted when it was used, and is not granted today either",
    "unsettled": "the calls were authorised and failed for another reason: whether they need it is not known",
}


def with_policies(
    holdings: Holdings, documents: Sequence[Mapping[str, Any]]
) -> tuple[Holdings, tuple[str, ...]]:
    """Return the principal with these documents in the place of all its identity policies, and what is wrong in them.

    Its boundary and the SCPs stay.
    """
    carriers, problems = [], []
    for number, document in enumerate(documents, start=1):
        statements, wrong = read_statements(document)
        policy = Policy(None, f"policy {number}", "inline", statements, wrong)
        carriers.append(Carrier(policy, holdings.principal.arn))
        problems += [f"document {number}: {text}" for text in wrong]
    return replace(holdings, identity=tuple(carriers)), tuple(problems)


def replayed(verdicts: pl.DataFrame, holdings: Holdings, catalogue: Catalogue) -> pl.DataFrame:
    """Ask the policies of `holdings` for every action that was used.

    In: rows of `principal_diffs` of one principal. Out: `COLUMNS`, sorted by action: `answer` is `allowed`,
    `refused` or `undecided`, `reason` one of `REASONS`. What was only ever refused is not asked for.
    """
    granted, restricted = _granted(holdings, catalogue)
    rows = []
    used = (pl.col("events") > 0) | pl.col("status").is_in(["used", "not_granted"])
    failed = (pl.col("error_events") > 0) & (pl.col("status") == "unknown")
    for row in verdicts.filter(used | failed).sort("action").iter_rows(named=True):
        action, key = row["action"], row["action"].lower()
        if key in granted and key not in restricted:
            answer, reason = "allowed", "granted"
        elif key in granted:
            answer, reason = "undecided", "restricted"
        elif row["status"] == "not_granted" and row["reason"] == "revoked":
            answer, reason = "refused", "revoked"
        elif row["status"] == "not_granted":
            answer, reason = "undecided", "not_granted_before"
        elif row["reason"] == "missing_policy" and row["events"]:
            # With a use, that is the reason only where none of the policies that could be read grants it.
            answer, reason = "undecided", "unread"
        elif row["status"] == "unknown" and not row["events"]:
            answer, reason = "undecided", "unsettled"
        else:
            answer, reason = "refused", "no_grant"
        rows.append((action, answer, reason, row["events"], row["last_used"]))
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _granted(holdings: Holdings, catalogue: Catalogue) -> tuple[set[str], set[str]]:
    """Return the actions (lower case) that are granted, and those of them that are restricted."""
    extended, unknown = with_unknown_literals(catalogue, [one.policy for one in holdings.identity])
    compiler = Compiler(extended, unknown)
    verdict, names = compiler.verdict(holdings), compiler.index.names
    return {name.lower() for name in names(verdict.granted)}, {
        name.lower() for name in names(verdict.restricted)
    }
