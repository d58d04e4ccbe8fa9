"""What may take one action from a principal, whatever allows it: a grant of its own, or a resource's policy."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.attachments import Carrier, Holdings, holdings
from assets.expanded_grants.compiler import Compiler
from assets.expanded_grants.provenance import sources_of
from assets.expanded_grants.scps import Levels, check_levels
from assets.iam_snapshots.authorization_details import AccountDetails

Sources = tuple[dict[str, Any], ...]
"""Rows of `grant_sources`, also those that no grant refers to."""


@dataclass(frozen=True)
class Limits:
    """The statements about one action that bind one principal.

    `denies`: every Deny, of its own and its groups' policies, its boundary and the SCPs; `boundary`: what the boundary
    allows, None without one or where its document is missing; `levels`: what each SCP level allows, from the root down.
    """

    denies: Sources
    boundary: Sources | None
    levels: tuple[Sources, ...]


def limits_on(
    details: AccountDetails,
    action: str,
    principals: Collection[str],
    scps: Levels | None = None,
    *,
    management_account: bool = False,
) -> dict[str, Limits]:
    """Return what limits an action for each of those users and roles (ARNs) that the account has.

    `expanded_grants` has no row for what is denied everywhere, and none for what a resource's policy grants. Raises
    InputError for an SCP level without policies.
    """
    check_levels(scps or ())
    compiler = Compiler(Catalogue((action,), ("",)))
    everyone = holdings(details, scps, management_account=management_account)
    return {
        held.principal.arn: _limits(compiler, held) for held in everyone if held.principal.arn in principals
    }


def _limits(compiler: Compiler, held: Holdings) -> Limits:
    bound = (held.boundary,) if held.boundary and not held.boundary.policy.missing else ()
    scps = [carrier for level in held.scps for carrier in level]
    return Limits(
        denies=_statements(compiler, (*held.identity, *bound, *scps), allow=False),
        boundary=_statements(compiler, bound, allow=True) if bound else None,
        levels=tuple(_statements(compiler, level, allow=True) for level in held.scps),
    )


def _statements(compiler: Compiler, carriers: Iterable[Carrier], *, allow: bool) -> Sources:
    found = [
        (carrier, rule)
        for carrier in carriers
        for rule in compiler.policy(carrier.policy).rules
        if rule.actions.bits and rule.statement.allow is allow
    ]
    return tuple(sources_of(found).rows(named=True))
