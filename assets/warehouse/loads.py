"""A load: partitions of tables that replace those of the same keys in a warehouse."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from assets.warehouse.contract import Published

Key = tuple[Any, ...]
"""The values of a partition's columns: (day, account), (account,) or ()."""


@dataclass(frozen=True)
class Share:
    """What a load holds of one table: `keys` are replaced, by the rows of `frames` (columns of the table).

    A key without rows leaves no rows there. Every frame's rows belong to one of the keys.
    """

    table: Published
    keys: Sequence[Key]
    frames: Callable[[], Iterator[pl.DataFrame]]


PUBLISH_AGAIN = "cloudtracker publish --everything --from DATE (its first day)"
"""What loads days that count as loaded already, and are gone."""


class Warehouse(Protocol):
    """A place that tables are published to."""

    @property
    def label(self) -> str:
        """Name of the place for messages, without secrets."""
        ...

    @property
    def identity(self) -> Mapping[str, Any]:
        """What tells this place from every other: destination, url, schema, options.

        Secrets may be among it: what is kept or shown of it goes through `redaction.public` first.
        """
        ...

    def lacks(self, names: Collection[str]) -> Collection[str]:
        """Return those of the tables that are not there: what was loaded into them is gone.

        None of them where that cannot be told, or where asking costs something.
        """
        ...

    def replace(self, shares: Sequence[Share]) -> Mapping[str, int]:
        """Replace the partitions of a load; return how many rows each table got.

        Either every share is there afterwards or, where it fails, the old rows are. Two loads at once come one
        after the other. A new column is added. Raises `StorageError` where a column's type is another there,
        or where the place cannot be reached or written.
        """
        ...
