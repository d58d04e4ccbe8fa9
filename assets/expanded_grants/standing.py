"""Which statements stand in a principal's policies, whether or not they still grant it something."""

from collections.abc import Collection

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.attachments import holdings
from assets.expanded_grants.compiler import Compiler
from assets.expanded_grants.provenance import with_ids
from assets.iam_snapshots.authorization_details import AccountDetails

STANDING = {"principal_arn": pl.String(), "id": pl.String()}


def standing(
    details: AccountDetails, principal_arns: Collection[str], patterns: Collection[str]
) -> pl.DataFrame:
    """Return the `id` (as of `grant_sources`) of each Allow with these patterns in these principals' identity policies.

    A row a principal and statement's pattern, also of those that a Deny, the boundary or an SCP leaves without
    effect: no grant refers to them, and `grant_sources` does not hold them.
    """
    # What the patterns mean is no part of an id: no action needs to be known.
    compiler = Compiler(Catalogue((), ()))
    found = [
        (held.principal.arn, carrier, rule)
        for held in holdings(details)
        if held.principal.arn in principal_arns
        for carrier in held.identity
        for rule in compiler.policy(carrier.policy).rules
        if rule.statement.allow and rule.pattern in patterns
    ]
    if not found:
        return pl.DataFrame(schema=STANDING)
    # Many carry the same policy: each of its rules is told once.
    carriers = {carrier: n for n, carrier in enumerate(dict.fromkeys(carrier for _, carrier, _ in found))}
    rules = {rule: n for n, rule in enumerate(dict.fromkeys(rule for _, _, rule in found))}
    codes = pl.DataFrame(
        {
            "principal_arn": [arn for arn, _, _ in found],
            "carrier": [carriers[carrier] for _, carrier, _ in found],
            "rule": [rules[rule] for _, _, rule in found],
        }
    )
    return with_ids(codes, list(carriers), list(rules)).select(list(STANDING))
