"""What is found out once for each key that comes again and again."""

from collections.abc import Callable, Hashable
from typing import TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Found = TypeVar("_Found")


class Remembered(dict[_Key, _Found]):
    """`remembered[key]` is `find(key)`, called once for a key; so many keys are remembered at the most.

    Raises what `find` raises. A dictionary by itself, so that many keys are looked up without a Python call for each:
    `map(remembered.__getitem__, keys)`.
    """

    def __init__(self, find: Callable[[_Key], _Found], most: int) -> None:
        """Start with nothing remembered."""
        super().__init__()
        self._find, self._most = find, most

    def __missing__(self, key: _Key) -> _Found:
        """Find what is not there yet; where it is full, everything else is forgotten."""
        found = self._find(key)
        if len(self) >= self._most:
            self.clear()
        self[key] = found
        return found
