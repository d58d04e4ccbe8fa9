"""Texts that stand once in the page's data, however many rows say them."""


class Texts:
    """Numbers texts in the order in which they first come."""

    def __init__(self) -> None:
        """Begin with none."""
        self._numbers: dict[str, int] = {}

    def at(self, text: str | None) -> int:
        """Return the number of a text; None is the empty one."""
        return self._numbers.setdefault(text or "", len(self._numbers))

    @property
    def all(self) -> list[str]:
        """The texts by number."""
        return list(self._numbers)
