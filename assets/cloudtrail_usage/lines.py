"""Text of many events, a line each: one long text instead of as many small ones that lie all over the memory."""

from collections.abc import Iterable, Sequence

_END = "\n"


class Lines:
    """Texts in the order in which they were added, `count` of them."""

    def __init__(self, texts: Sequence[str] = ()) -> None:
        """Start with some texts."""
        self.count = 0
        # Texts that were added together, joined, or as they are where one of them has a line's end itself.
        self._parts: list[str | Sequence[str]] = []
        self.add(texts)

    def add(self, texts: Sequence[str]) -> None:
        """Add texts to the end."""
        if texts:
            joined = _END.join(texts)
            self._parts.append(joined if joined.count(_END) == len(texts) - 1 else texts)
            self.count += len(texts)

    def joined(self) -> str | None:
        """Return the texts with line's ends between them, or None where one of them has a line's end itself."""
        joined = [part for part in self._parts if isinstance(part, str)]
        return _END.join(joined) if len(joined) == len(self._parts) else None

    def texts(self) -> list[str]:
        """Return the texts."""
        return [text for part in self._parts for text in _split(part)]


def _split(part: str | Sequence[str]) -> Iterable[str]:
    return part.split(_END) if isinstance(part, str) else part
