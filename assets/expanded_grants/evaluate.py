"""What is left of the Allows: sets of actions as bit sets, one layer for each kind of policy.

Rule: IAM user guide, "Policy evaluation logic". An action is granted when every layer (the principal's own
and its groups' policies, the boundary, each SCP level) allows it and no Deny without condition on all resources
matches it. It is granted `restricted` when some layer allows it only on some resources or under a condition,
or when another Deny matches it.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.attachments import Policy
from assets.expanded_grants.patterns import Match, PatternIndex, has_wildcard, runs_of
from assets.expanded_grants.statements import Statement


@dataclass(frozen=True)
class Layer:
    """Bit sets: allowed at all, allowed everywhere, denied everywhere, denied somewhere."""

    allowed: int = 0
    allowed_everywhere: int = 0
    denied: int = 0
    denied_somewhere: int = 0

    @classmethod
    def union(cls, layers: Iterable["Layer"]) -> "Layer":
        """Join policies side by side: what one of them allows is allowed, what one denies is denied."""
        allowed = everywhere = denied = somewhere = 0
        for layer in layers:
            allowed |= layer.allowed
            everywhere |= layer.allowed_everywhere
            denied |= layer.denied
            somewhere |= layer.denied_somewhere
        return cls(allowed, everywhere, denied, somewhere)


def evaluate(layers: Iterable[Layer], universe: int) -> tuple[int, int]:
    """Return the bit sets (granted, restricted) of `universe`; restricted is a part of granted."""
    granted = everywhere = universe
    denied = somewhere = 0
    for layer in layers:
        granted &= layer.allowed
        everywhere &= layer.allowed_everywhere
        denied |= layer.denied
        somewhere |= layer.denied_somewhere
    granted &= ~denied
    return granted, granted & (~everywhere | somewhere)


@dataclass(eq=False, slots=True)
class Rule:
    """One pattern of one statement with the actions that it means: what a grant's provenance points to.

    A `NotAction` is one rule, whatever the number of its patterns.
    """

    statement: Statement
    pattern: str
    actions: Match


class CompiledPolicy:
    """A policy with its patterns resolved against the catalogue."""

    def __init__(self, policy: Policy, index: PatternIndex) -> None:
        """Resolve every pattern of `policy`."""
        self.policy = policy
        self.rules = tuple(rule for statement in policy.statements for rule in _rules(statement, index))

    @cached_property
    def layer(self) -> Layer:
        """What this policy says by itself."""
        allowed = everywhere = denied = somewhere = 0
        for rule in self.rules:
            bits = rule.actions.bits
            match rule.statement.allow, rule.statement.everywhere:
                case True, True:
                    allowed, everywhere = allowed | bits, everywhere | bits
                case True, False:
                    allowed |= bits
                case False, True:
                    denied |= bits
                case _:
                    somewhere |= bits
        return Layer(allowed, everywhere, denied, somewhere)

    @cached_property
    def literals(self) -> int:
        """The actions that its Allows name without a wildcard."""
        bits = 0
        for rule in self.rules:
            if rule.statement.allow and not rule.statement.negated and not has_wildcard(rule.pattern):
                bits |= rule.actions.bits
        return bits


def with_unknown_literals(
    catalogue: Catalogue, policies: Iterable[Policy]
) -> tuple[Catalogue, frozenset[str]]:
    """Return the catalogue with the literal actions of Allows that it lacks, and those actions.

    AWS adds actions every week: one that somebody wrote out is a grant, known or not. Of several spellings
    the first in sort order stands.
    """
    missing: dict[str, str] = {}
    for policy in policies:
        for statement in policy.statements:
            if statement.allow and not statement.negated:
                for pattern in statement.patterns:
                    key = pattern.lower()
                    if key not in catalogue.canonical and not has_wildcard(pattern):
                        missing[key] = min(missing.get(key, pattern), pattern)
    if not missing:
        return catalogue, frozenset()
    lower, actions, levels = list(catalogue.lower), list(catalogue.actions), list(catalogue.access_levels)
    for key, name in missing.items():
        at = bisect_left(lower, key)
        lower.insert(at, key)
        actions.insert(at, name)
        levels.insert(at, "")
    return Catalogue(tuple(actions), tuple(levels), catalogue.unverified), frozenset(missing.values())


def _rules(statement: Statement, index: PatternIndex) -> Iterable[Rule]:
    if statement.negated:
        bits = index.everything & ~index.bits(statement.patterns)
        yield Rule(statement, ", ".join(statement.patterns), Match(bits, runs_of(bits)))
        return
    for pattern in statement.patterns:
        yield Rule(statement, pattern, index.match(pattern))
