"""The story of one action for one principal: which statements allow, limit or deny it, and what decides."""

from dataclasses import dataclass
from typing import Any, Literal

from assets.aws_actions.catalogue import Catalogue
from assets.errors import UsageError
from assets.expanded_grants.attachments import Carrier, Holdings, holdings
from assets.expanded_grants.compiler import Compiler
from assets.expanded_grants.evaluate import Layer, Rule, evaluate
from assets.expanded_grants.provenance import sources_of
from assets.expanded_grants.scps import Levels, check_levels
from assets.iam_snapshots.authorization_details import AccountDetails

Reason = Literal["granted", "never_allowed", "denied", "boundary", "scp"]
Source = dict[str, Any]

NOT_EVALUATED = (
    "resource control policies",
    "session policies",
    "resource policies",
    "VPC endpoint policies",
)
"""What may take an action away, or give it, and is in no IAM data: said with every story, never guessed."""


@dataclass(frozen=True)
class Explanation:
    """Why an action is granted or not; sources are rows of `grant_sources` (also those no grant refers to).

    `allowing` are the identity policies' Allows, `restricting` the statements that limit a grant (Denies,
    boundary and SCP statements that hold only somewhere), `denying` the Denies that remove it everywhere.
    `reason` is the first thing that takes it away, in this order: no Allow (`never_allowed`), a Deny (`denied`), the
    boundary (`boundary`), an SCP level without an Allow for it (`scp`); `decided_by` names it. `problems` are
    pairs of code and detail that make the answer uncertain; `not_evaluated` are the kinds of policy that may
    decide otherwise and were not looked at: `NOT_EVALUATED`, and SCPs where they may bind and none are given.
    """

    principal_arn: str
    action: str
    known: bool
    granted: bool
    restricted: bool
    reason: Reason
    decided_by: str
    allowing: tuple[Source, ...]
    restricting: tuple[Source, ...]
    denying: tuple[Source, ...]
    problems: tuple[tuple[str, str], ...]
    not_evaluated: tuple[str, ...] = NOT_EVALUATED


def explain_action(
    details: AccountDetails,
    principal_arn: str,
    action: str,
    catalogue: Catalogue,
    scps: Levels | None = None,
    *,
    management_account: bool = False,
) -> Explanation:
    """Explain one action, in any case, for one user or role.

    An action that the catalogue does not know is explained as if it existed (`known` is False). Raises
    UsageError when there is no such principal, InputError for an SCP level without policies.
    """
    check_levels(scps or ())
    everyone = holdings(details, scps, management_account=management_account)
    held = next((one for one in everyone if one.principal.arn == principal_arn), None)
    if held is None:
        raise UsageError(
            f"{principal_arn}: no such user or role in the snapshot; --list users|roles names them"
        )
    known = action.lower() in catalogue.canonical
    name = catalogue.canonical.get(action.lower(), action)
    # The same rules as for the whole account, against a catalogue of this one action.
    compiler = Compiler(Catalogue((name,), ("",)))
    own, *limits = compiler.layers(held)
    granted, restricted = evaluate([own, *limits], compiler.index.everything)
    denying = _sources(compiler, held, "denying")
    reason, decided_by = _reason(held, own, limits, denying)
    return Explanation(
        principal_arn=principal_arn,
        action=name,
        known=known,
        granted=bool(granted),
        restricted=bool(restricted),
        reason=reason,
        decided_by=decided_by,
        allowing=_sources(compiler, held, "allowing"),
        restricting=_sources(compiler, held, "restricting"),
        denying=denying,
        problems=held.problems,
        not_evaluated=(*_unread_scps(held, scps, management_account), *NOT_EVALUATED),
    )


def _unread_scps(held: Holdings, scps: Levels | None, management_account: bool) -> tuple[str, ...]:
    unbound = management_account or held.principal.service_linked
    return () if scps is not None or unbound else ("service control policies (none are configured)",)


def _reason(
    held: Holdings, own: Layer, limits: list[Layer], denying: tuple[Source, ...]
) -> tuple[Reason, str]:
    if not own.allowed:
        return "never_allowed", ""
    if denying:
        first = denying[0]
        return "denied", f"{first['policy_arn'] or first['policy_name']} statement {first['statement']}"
    names = [f"organization level {number}" for number in range(1, len(held.scps) + 1)]
    bounded = held.boundary is not None and not held.boundary.policy.missing
    if bounded:
        names.insert(0, held.principal.boundary)
    for position, (name, layer) in enumerate(zip(names, limits, strict=True)):
        if not layer.allowed:
            return ("boundary" if bounded and position == 0 else "scp"), name
    return "granted", ""


def _sources(
    compiler: Compiler, held: Holdings, which: Literal["allowing", "restricting", "denying"]
) -> tuple[Source, ...]:
    found: list[tuple[Carrier, Rule]] = []
    bounds = (held.boundary,) if held.boundary else ()
    for carriers in (held.identity, bounds, *held.scps):
        layer = Layer.union(compiler.policy(carrier.policy).layer for carrier in carriers)
        found += [
            (carrier, rule)
            for carrier in carriers
            for rule in compiler.policy(carrier.policy).rules
            if rule.actions.bits
            and which == _role(carrier, rule.statement.allow, rule.statement.everywhere, layer)
        ]
    return tuple(sources_of(found).rows(named=True))


def _role(carrier: Carrier, allow: bool, everywhere: bool, layer: Layer) -> str:
    if not allow:
        return "denying" if everywhere else "restricting"
    if carrier.used_as == "identity":
        return "allowing"
    return "" if layer.allowed_everywhere else "restricting"
