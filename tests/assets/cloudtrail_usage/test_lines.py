"""Lines are the texts that were added, whatever these hold."""

from hypothesis import given
from hypothesis import strategies as st

from assets.cloudtrail_usage.lines import Lines

TEXTS = st.lists(st.text(alphabet="ab\n\u0662", max_size=4))


@given(st.lists(TEXTS))
def test_texts_come_back(added: list[list[str]]) -> None:
    lines = Lines()
    for texts in added:
        lines.add(texts)
    whole = [text for texts in added for text in texts]
    assert lines.texts() == whole
    assert lines.count == len(whole)
    if any("\n" in text for text in whole):
        assert lines.joined() is None
    else:
        assert lines.joined() == "\n".join(whole)


@given(TEXTS)
def test_they_may_be_there_from_the_start(texts: list[str]) -> None:
    assert Lines(texts).texts() == texts
