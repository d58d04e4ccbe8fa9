"""A process that loads: `python -m tests.assets.warehouse.loading KIND FOLDER DSN WORD TIMES [wait]`.

It prints `begun` when the first rows are asked for; with `wait` it then waits to be killed.
"""

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl

from assets.warehouse.loads import Key, Share
from tests.assets.warehouse.odd_rows import ACCOUNTS, FIRST, TABLE, partition
from tests.assets.warehouse.places import place

KEYS: list[Key] = [(FIRST + timedelta(days=n), account) for n in range(4) for account in ACCOUNTS]


def rows_of(word: str) -> pl.DataFrame:
    """Return all that a load of that word holds: so many rows a key as the word has letters, a hundred times."""
    return pl.concat(partition(*key, 100 * len(word), word) for key in KEYS)


def main(kind: str, folder: str, dsn: str, word: str, times: str, *wait: str) -> None:
    """Load the rows of the word, so many times."""
    data = rows_of(word)

    def frames() -> Iterator[pl.DataFrame]:
        yield data.head(data.height // 2)
        print("begun", flush=True)
        if wait:
            time.sleep(600)
        yield data.tail(data.height - data.height // 2)

    warehouse = place(kind, Path(folder), dsn, patience=60).warehouse
    for _ in range(int(times)):
        warehouse.replace([Share(TABLE, KEYS, frames)])


if __name__ == "__main__":
    main(*sys.argv[1:])
