import pytest

from assets.number_words import number_of


@pytest.mark.parametrize(
    ("count", "words", "said"),
    [
        (0, ("call",), "0 calls"),
        (1, ("call",), "1 call"),
        (1200, ("call",), "1,200 calls"),
        (1, ("policy", "policies"), "1 policy"),
        (2, ("policy", "policies"), "2 policies"),
    ],
)
def test_a_number_and_its_word(count: int, words: tuple[str, ...], said: str) -> None:
    assert number_of(count, *words) == said
