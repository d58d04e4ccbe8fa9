"""A set of actions in few patterns that mean nothing else.

A pattern stands for several actions only where all that it means today is in the set, and where one pattern of the
original means everything that it will ever mean: an action that AWS adds tomorrow is granted by both or by neither.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache

_NEVER_IN_A_NAME = "\x00"


def covered(
    actions: Iterable[str], catalogue: Sequence[str], held: Sequence[str], *, negated: bool
) -> list[str]:
    """Return sorted patterns that mean exactly `actions` among `catalogue` (lower case, sorted).

    `held` are the patterns of the original, of `Action` or (`negated`) of `NotAction`: see `contains`. An action that
    no shorter pattern stands for is named as it is written.
    """
    wanted = {action.lower(): action for action in actions}
    found: list[str] = []
    names = sorted(wanted)
    at = 0
    while at < len(names):
        prefix, many = _longest_run(names, at, wanted, catalogue, held, negated=negated)
        found.append(f"{wanted[names[at]][: len(prefix)]}*" if many > 1 else wanted[names[at]])
        at += many
    return sorted(found)


def _longest_run(
    names: Sequence[str],
    at: int,
    wanted: dict[str, str],
    catalogue: Sequence[str],
    held: Sequence[str],
    *,
    negated: bool,
) -> tuple[str, int]:
    """Return what most wanted actions, and no others, begin with in common with this one, and how many do."""
    name = names[at]
    for end in range(name.index(":") + 1 if ":" in name else len(name), len(name) + 1):
        prefix = name[:end]
        first = bisect_left(catalogue, prefix)
        last = bisect_left(catalogue, prefix + "\U0010ffff", first)
        meant = catalogue[first:last]
        if len(meant) > 1 and all(one in wanted for one in meant) and contains(held, prefix, negated=negated):
            # What the catalogue does not know (a literal of the original) is not run together with the others.
            known = [one for one in names[at : at + len(meant)] if one.startswith(prefix)]
            if known == list(meant):
                return _shared(meant[0], meant[-1]), len(meant)
    return name, 1


def _shared(one: str, two: str) -> str:
    # Of sorted names the first and the last differ first.
    end = next((n for n, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]), len(one))
    return one[:end]


def contains(held: Sequence[str], prefix: str, *, negated: bool) -> bool:
    """Whether the original means every action there can be that begins with `prefix`. When in doubt: no."""
    if negated:
        return not any(_may_meet(pattern.lower(), prefix) for pattern in held)
    # A star that takes the empty text, one character, two, and more than the pattern is long takes any.
    return any(
        all(
            _regex(pattern.lower()).fullmatch(prefix + _NEVER_IN_A_NAME * tail)
            for tail in (0, 1, 2, len(pattern) + 1)
        )
        for pattern in held
    )


def _may_meet(pattern: str, prefix: str) -> bool:
    literal = re.split(r"[*?]", pattern, maxsplit=1)[0]
    return literal.startswith(prefix) or prefix.startswith(literal)


@lru_cache(maxsize=4096)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
