"""Policies made ready for a whole account: each compiled once, each principal a union of what is ready."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.attachments import Carrier, Holdings, Policy
from assets.expanded_grants.evaluate import CompiledPolicy, Layer, Rule, evaluate
from assets.expanded_grants.patterns import PatternIndex, runs_of

Parts = list[tuple[Carrier, int]]
"""Carriers, each with the number of some rules of its policy: see `Compiler.runs`."""


@dataclass(frozen=True)
class Verdict:
    """What one principal is granted (bit sets), and the rules that allow it and that limit it."""

    granted: int
    restricted: int
    allowing: Parts
    limiting: Parts


class Compiler:
    """Compiles policies against one catalogue and keeps what several principals share.

    `rules` are those of all policies that were asked for; elsewhere they go by their positions in it.
    """

    def __init__(self, catalogue: Catalogue, unknown: frozenset[str] = frozenset()) -> None:
        """`unknown` are the actions of `catalogue` that only policies name: wildcards do not grant them."""
        self.index = PatternIndex(catalogue)
        self.known = self.index.everything & ~self.index.bits(unknown)
        self.rules: list[Rule] = []
        self._policies: dict[Policy, CompiledPolicy] = {}
        self._numbers: dict[Policy, range] = {}
        self._blocks: dict[tuple[Policy, str, int], int | None] = {}
        self._runs: dict[str, array[int]] = {name: array("q") for name in ("block", "rule", "first", "end")}

    def policy(self, policy: Policy) -> CompiledPolicy:
        """Return the compiled policy, made once."""
        compiled = self._policies.get(policy)
        if compiled is None:
            compiled = self._policies[policy] = CompiledPolicy(policy, self.index)
            self._numbers[policy] = range(len(self.rules), len(self.rules) + len(compiled.rules))
            self.rules += compiled.rules
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
        if self.known != self.index.everything:
            for carrier in holdings.identity:
                literals |= self.policy(carrier.policy).literals
        granted, restricted = evaluate(self.layers(holdings), self.known | literals)
        return Verdict(granted, restricted, self._allowing(holdings), self._limiting(holdings))

    def runs(self) -> pl.DataFrame:
        """Return what the verdicts' numbers stand for: `block` (the number), `rule`, and a range of its actions.

        The actions `first` to `end` (excluded) are indices of `index.actions`.
        """
        return pl.DataFrame(self._runs, dict.fromkeys(self._runs, pl.Int64))

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
    ) -> Iterator[tuple[Carrier, int]]:
        for carrier in carriers:
            key = (carrier.policy, which, without)
            if key in self._blocks:
                block = self._blocks[key]
            else:
                block = self._blocks[key] = self._block(carrier.policy, which, without)
            if block is not None:
                yield carrier, block

    def _block(self, policy: Policy, which: str, without: int) -> int | None:
        compiled = self.policy(policy)
        if which == "partial denies" and not compiled.layer.denied_somewhere:
            return None
        block, rules, first, end = self._runs.values()
        number = len(self._blocks)
        before = len(block)
        for at, rule in zip(self._numbers[policy], compiled.rules, strict=True):
            if _chosen(rule, which):
                actions = rule.actions
                runs = runs_of(actions.bits & ~without) if actions.bits & without else actions.runs
                for start, stop in runs:
                    block.append(number)
                    rules.append(at)
                    first.append(start)
                    end.append(stop)
        return number if len(block) > before else None


def _chosen(rule: Rule, which: str) -> bool:
    if which == "allows":
        return rule.statement.allow
    return rule.statement.allow is (which == "partial allows") and not rule.statement.everywhere


def _limits(holdings: Holdings) -> Iterator[tuple[Carrier, ...]]:
    if holdings.boundary and not holdings.boundary.policy.missing:
        yield (holdings.boundary,)
    yield from holdings.scps
