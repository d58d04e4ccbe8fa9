"""Which actions a pattern of a policy means: `s3:Get*`, `ec2:?escribe*`, `*`.

`*` stands for any characters, `?` for exactly one, anything else for itself; case does not matter (IAM JSON
policy reference, "Action"). A set of actions is a Python integer: bit i stands for `PatternIndex.actions[i]`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import NamedTuple

from assets.aws_actions.catalogue import Catalogue

_WILDCARD = re.compile(r"[*?]")
_WILDCARDS = re.compile(r"[*?]*\*[*?]*")
_ZERO_ONE = bytes.maketrans(b"01", b"\x00\x01")


Runs = Sequence[tuple[int, int]]
"""A set of actions as ascending ranges (first, end) that neither touch nor overlap."""


class Match(NamedTuple):
    """The actions that a pattern means, as a bit set and as ranges: a service's actions are one range or a few."""

    bits: int
    runs: Runs

    @property
    def indices(self) -> list[int]:
        """The actions as ascending indices."""
        return [at for first, end in self.runs for at in range(first, end)]


class PatternIndex:
    """The catalogue made ready for patterns; every pattern is resolved once.

    `actions` are in the order of their canonical spelling, so that what is read off a set is sorted already.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        """Index `catalogue`, whose lower-case actions are sorted."""
        self.actions = catalogue.ordered
        self.everything = (1 << len(self.actions)) - 1
        self._names, self._positions, self._exact = catalogue.lower, catalogue.positions, catalogue.exact
        self._found: dict[str, Match] = {}

    def match(self, pattern: str) -> Match:
        """Return the actions that one pattern means."""
        found = self._found.get(pattern)
        if found is None:
            name = pattern.lower()
            found = self._resolve(_normal(name)) if has_wildcard(name) else self._literal(name)
            self._found[pattern] = found
        return found

    def bits(self, patterns: Iterable[str]) -> int:
        """Return the actions that any of the patterns means, as a bit set."""
        union = 0
        for pattern in patterns:
            union |= self.match(pattern).bits
        return union

    def names(self, bits: int) -> list[str]:
        """Return the actions of a bit set in canonical spelling, sorted."""
        return list(compress(self.actions, self.mask(bits)))

    def mask(self, bits: int) -> bytes:
        """Return a bit set as one byte (0 or 1) an action."""
        text = format(bits, "b").encode()[::-1] if bits else b""
        return text.translate(_ZERO_ONE).ljust(len(self.actions), b"\x00")

    def expand(self, patterns: Iterable[str]) -> list[str]:
        """Return the actions that any of the patterns means, sorted."""
        return self.names(self.bits(patterns))

    def expand_not(self, patterns: Iterable[str]) -> list[str]:
        """Return the actions that none of the patterns means (as `NotAction` does), sorted."""
        return self.names(self.everything & ~self.bits(patterns))

    def _literal(self, name: str) -> Match:
        at = self._exact.get(name)
        return Match(0, ()) if at is None else Match(1 << at, ((at, at + 1),))

    def _resolve(self, pattern: str) -> Match:
        names = self._names
        prefix = _WILDCARD.split(pattern, maxsplit=1)[0]
        rest = pattern[len(prefix) :]
        first = bisect_left(names, prefix)
        end = bisect_left(names, prefix + "\U0010ffff", first)
        if rest == "*":
            return _match(self._positions[first:end])
        matches = re.compile(_regex(rest), re.DOTALL).fullmatch
        return _match([self._positions[at] for at in range(first, end) if matches(names[at], len(prefix))])


def runs_of(bits: int) -> Runs:
    """Return a bit set as ranges."""
    edges, changes = [], bits ^ bits << 1
    while changes:
        lowest = changes & -changes
        edges.append(lowest.bit_length() - 1)
        changes ^= lowest
    return tuple(zip(edges[::2], edges[1::2], strict=True))


def _match(found: Sequence[int]) -> Match:
    if not found:
        return Match(0, ())
    first, end = min(found), max(found) + 1
    if end - first == len(found):
        return Match((1 << end) - (1 << first), ((first, end),))
    bits, runs, indices = 0, [], sorted(found)
    for before, at in zip(indices, (*indices[1:], None), strict=True):
        if at != before + 1:
            runs.append((first, before + 1))
            bits |= (1 << before + 1) - (1 << first)
            first = at or 0
    return Match(bits, tuple(runs))


def has_wildcard(pattern: str) -> bool:
    """Say whether a pattern can mean more than one action."""
    return "*" in pattern or "?" in pattern


def _normal(lower: str) -> str:
    if not any(run in lower for run in ("**", "*?", "?*")):
        return lower
    # A run of wildcards means: at least as many characters as it has question marks.
    return _WILDCARDS.sub(lambda run: "?" * run[0].count("?") + "*", lower)


def _regex(glob: str) -> str:
    # Between two stars the leftmost match is always good enough, so the groups are atomic: no backtracking
    # that grows with the number of stars.
    first, *others = (re.escape(part).replace(r"\?", ".") for part in glob.split("*"))
    if not others:
        return first
    *middle, last = others
    return first + "".join(f"(?>.*?{part})" for part in middle) + f".*{last}"
