"""Policies made ready for a whole account: each compiled once, each principal a union of what is ready."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.attachments import Carrier, Holdings, Policy
from assets.expanded_grants.evaluate import CompiledPolicy, Layer, Rule, evaluate
from assets.expanded_grants.patterns import PatternIndex
from assets.expanded_grants.provenance import MarkedRules, mark_rules

Parts = list[tuple[Carrier, MarkedRules]]


@dataclass(frozen=True)
class Verdict:
    """What one principal is granted (bit sets), and the rules that allow it and that limit it."""

    granted: int
    restricted: int
    allowing: Parts
    limiting: Parts


class Compiler:
    """Compiles policies against one catalogue and keeps what several principals share."""

    def __init__(self, catalogue: Catalogue, unknown: frozenset[str] = frozenset()) -> None:
        """`unknown` are the actions of `catalogue` that only policies name: wildcards do not grant them."""
        self.index = PatternIndex(catalogue)
        self.known = self.index.everything & ~self.index.bits(unknown)
        self._policies: dict[Policy, CompiledPolicy] = {}
        self._marked: dict[tuple[Policy, str, int], MarkedRules | None] = {}
        self._numbers = 0

    def policy(self, policy: Policy) -> CompiledPolicy:
        """Return the compiled policy, made once."""
        compiled = self._policies.get(policy)
        if compiled is None:
            compiled = self._policies[policy] = CompiledPolicy(policy, self.index)
        return compiled

    def layers(self, holdings: Holdings) -> Iterator[Layer]:
        """Yield the principal's own layer, then its boundary, then each SCP level from the root down.

        A boundary or SCP whose document is missing is left out: its principals are marked as unknown anyway.
        """
        yield self._layer(holdings.identity)
        for carriers in _limits(holdings):
            yield self._layer(carriers)

    def verdict(self, holdings: Holdings) -> Verdict:
        """Evaluate one principal."""
        literals = 0
        for carrier in holdings.identity:
            literals |= self.policy(carrier.policy).literals
        granted, restricted = evaluate(self.layers(holdings), self.known | literals)
        return Verdict(granted, restricted, self._allowing(holdings), self._limiting(holdings))

    def _layer(self, carriers: Iterable[Carrier]) -> Layer:
        return Layer.union(self.policy(carrier.policy).layer for carrier in carriers)

    def _allowing(self, holdings: Holdings) -> Parts:
        return list(self._parts(holdings.identity, "allows"))

    def _limiting(self, holdings: Holdings) -> Parts:
        parts = list(self._parts(holdings.identity, "partial denies"))
        for carriers in _limits(holdings):
            everywhere = self._layer(carriers).allowed_everywhere
            parts.extend(self._parts(carriers, "partial denies"))
            parts.extend(self._parts(carriers, "partial allows", everywhere))
        return parts

    def _parts(
        self, carriers: Iterable[Carrier], which: str, without: int = 0
    ) -> Iterator[tuple[Carrier, MarkedRules]]:
        for carrier in carriers:
            key = (carrier.policy, which, without)
            if key in self._marked:
                marked = self._marked[key]
            else:
                marked = self._mark(self._select(carrier.policy, which), without)
                # Marks take 8 bytes an action: those of an inline policy, which nobody shares, are not kept.
                if marked is None or carrier.policy.kind == "managed" or carrier.group:
                    self._marked[key] = marked
            if marked is not None:
                yield carrier, marked

    def _select(self, policy: Policy, which: str) -> list[Rule]:
        rules = self.policy(policy).rules
        if which == "allows":
            return [rule for rule in rules if rule.statement.allow]
        allow = which == "partial allows"
        return [r for r in rules if r.statement.allow is allow and not r.statement.everywhere]

    def _mark(self, rules: list[Rule], without: int) -> MarkedRules | None:
        if not any(rule.actions.bits & ~without for rule in rules):
            return None
        first = self._numbers
        self._numbers += len(rules)
        return mark_rules(rules, len(self.index.actions), first, without=without)


def _limits(holdings: Holdings) -> Iterator[tuple[Carrier, ...]]:
    if holdings.boundary and not holdings.boundary.policy.missing:
        yield (holdings.boundary,)
    yield from holdings.scps
