"""Laws of the pattern language, over small catalogues that are rich in near misses."""

import re

from hypothesis import given
from hypothesis import strategies as st

from assets.aws_actions.catalogue import Catalogue
from assets.expanded_grants.patterns import PatternIndex

names = st.text("abAB.[", min_size=1, max_size=5)
actions = st.builds(
    lambda service, name: f"{service.lower()}:{name}", st.text("ab", min_size=1, max_size=2), names
)
patterns = st.one_of(
    st.text("abAB:.[*?", max_size=7),
    st.builds(
        lambda service, name: f"{service}:{name}",
        st.text("ab*?", min_size=1, max_size=2),
        st.text("aAbB*?", max_size=5),
    ),
)


@st.composite
def indexes(draw: st.DrawFn) -> PatternIndex:
    found = draw(st.lists(actions, max_size=12, unique_by=str.lower))
    found.sort(key=str.lower)
    return PatternIndex(Catalogue(tuple(found), ("",) * len(found)))


def naive(index: PatternIndex, pattern: str) -> list[str]:
    """What the IAM documentation says, character by character."""
    regex = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return sorted(
        action for action in index.actions if re.fullmatch(regex, action, re.IGNORECASE | re.DOTALL)
    )


@given(indexes(), patterns)
def test_same_as_a_naive_regex(index: PatternIndex, pattern: str) -> None:
    assert index.expand([pattern]) == naive(index, pattern)


@given(indexes(), st.lists(patterns, max_size=4), st.lists(patterns, max_size=4))
def test_expanding_a_union_is_the_union_of_expansions(
    index: PatternIndex, left: list[str], right: list[str]
) -> None:
    assert index.expand(left + right) == sorted({*index.expand(left), *index.expand(right)})


@given(indexes(), patterns)
def test_case_does_not_matter(index: PatternIndex, pattern: str) -> None:
    assert index.expand([pattern.upper()]) == index.expand([pattern.lower()]) == index.expand([pattern])


@given(indexes(), st.lists(patterns, max_size=4))
def test_expand_and_expand_not_split_the_catalogue(index: PatternIndex, chosen: list[str]) -> None:
    inside, outside = index.expand(chosen), index.expand_not(chosen)
    assert not set(inside) & set(outside)
    assert sorted(inside + outside) == list(index.actions)


@given(indexes(), patterns)
def test_every_action_matches_itself_and_the_star_everything(index: PatternIndex, pattern: str) -> None:
    assert all(index.expand([action]) == [action] for action in index.actions)
    assert index.expand([pattern, "*"]) == list(index.actions)


@given(indexes(), patterns)
def test_bits_and_indices_are_the_same_set(index: PatternIndex, pattern: str) -> None:
    match = index.match(pattern)
    assert match.bits == sum(1 << at for at in match.indices)
    assert [index.actions[at] for at in match.indices] == index.expand([pattern])
