from hypothesis import given
from hypothesis import strategies as st

from assets.cloudtrail_usage.remembered import Remembered


@given(st.lists(st.integers(0, 9)), st.integers(1, 5))
def test_what_is_remembered_is_what_is_found(keys: list[int], most: int) -> None:
    asked: list[int] = []

    def find(key: int) -> int:
        asked.append(key)
        return key * 7

    remembered = Remembered(find, most)
    for key in keys:
        assert list(map(remembered.__getitem__, [key, key])) == [key * 7] * 2
        assert len(remembered) <= most
    if len(set(keys)) <= most:
        assert len(asked) == len(set(keys))
