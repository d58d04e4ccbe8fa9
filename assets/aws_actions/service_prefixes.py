"""Which IAM prefixes the calls of a service may be checked against."""

from collections.abc import Iterable, Mapping

import polars as pl


class ServicePrefixes:
    """The IAM prefixes that the calls of a service may be checked against, best first."""

    def __init__(self, event_sources: pl.DataFrame, actions: Iterable[str]) -> None:
        """Take `event_sources.csv` and the published actions; of these the case does not matter."""
        rows = event_sources.select("event_source_prefix", "iam_prefixes").rows()
        self._of_source = {source: prefixes.split() for source, prefixes in rows}
        self._known = {action.partition(":")[0].lower() for action in actions}

    def of(self, *names: str) -> list[str]:
        """Return the prefixes that the facts or the names themselves yield; at least the first name."""
        lower = [name.lower() for name in names if name]
        found = [prefix for name in lower for prefix in (*self._of_source.get(name, ()), name)]
        return list(dict.fromkeys(prefix for prefix in found if prefix in self._known)) or lower[:1]


def action_named(prefixes: Iterable[str], name: str, canonical: Mapping[str, str]) -> str | None:
    """Return the published action of that name below the first prefix that has it.

    `canonical` is lower-case action to canonical spelling. An empty name names none.
    """
    for prefix in prefixes if name else ():
        if action := canonical.get(f"{prefix}:{name}".lower()):
            return action
    return None


def suggested(prefixes: Iterable[str], operation: str) -> str:
    """Return the action that the name of an operation suggests where none is published."""
    return f"{next(iter(prefixes))}:{operation}"
