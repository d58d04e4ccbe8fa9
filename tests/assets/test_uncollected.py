import gc
from collections.abc import Iterator

import pytest

from assets.uncollected import uncollected


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()


def test_off_within_and_on_again() -> None:
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_on_again_after_an_error() -> None:
    @uncollected()
    def fails() -> None:
        assert not gc.isenabled()
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            fails()
        assert gc.isenabled()


def test_stays_off_where_it_was_off() -> None:
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()
