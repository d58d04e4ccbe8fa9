"""The standard library alone: gzip and json to the aggregates; `tables` makes those of all tables."""

import gzip
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aggregates import counted
from all_tables import Tables, region_of


def records(folder: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield every record below a folder, and the region that its file lies in."""
    for file in sorted(folder.rglob("*.json.gz")):
        region = region_of(str(file))
        for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]:
            yield record, region


def one_table(folder: Path) -> dict[str, int]:
    """Count by principal, call and outcome."""
    groups = counted(record for record, _ in records(folder))
    return {"events": sum(group[0] for group in groups.values()), "rows": len(groups)}


def all_of_them(folder: Path) -> dict[str, int]:
    """Make the rows of all tables."""
    tables = Tables()
    for record, region in records(folder):
        tables.add(record, region)
    return tables.made()


if __name__ == "__main__":
    make = {"one": one_table, "tables": all_of_them}[sys.argv[1]]
    began = time.perf_counter()
    said = make(Path(sys.argv[2]))
    print(json.dumps({**said, "seconds": time.perf_counter() - began}))
