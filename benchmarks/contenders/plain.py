"""The standard library alone, gzip and json: `one` makes the aggregates of one table, `tables` the rows of all."""

import gzip
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aggregates import one_table
from all_tables import all_tables, region_of


def records(folder: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield every record below a folder, and the region that its file lies in."""
    for file in sorted(folder.rglob("*.json.gz")):
        region = region_of(str(file))
        for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]:
            yield record, region


if __name__ == "__main__":
    began = time.perf_counter()
    read = records(Path(sys.argv[2]))
    said = all_tables(read) if sys.argv[1] == "tables" else one_table(record for record, _ in read)
    print(json.dumps({**said, "seconds": time.perf_counter() - began}))
