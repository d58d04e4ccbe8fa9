"""Numbers with the word for what they count, in the singular or the plural."""


def number_of(count: int, noun: str, plural: str | None = None) -> str:
    """Return `1 call`, `1,200 calls`; `plural` where it is not the noun with an s."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
