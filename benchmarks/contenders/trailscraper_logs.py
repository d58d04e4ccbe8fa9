"""trailscraper: `load` reads all records as it does for its commands; the others make aggregates of them.

`counted` makes those of one table, `tables` those of all.
"""

import json
import logging
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from aggregates import counted
from all_tables import Tables
from trailscraper.record_sources.local_directory_record_source import LocalDirectoryRecordSource


def said_of(what: str, records: Iterable[Any]) -> dict[str, int]:
    """Take the records in, and say how many events there were."""
    if what == "load":
        return {"events": sum(1 for _ in records)}
    raw: Iterator[dict[str, Any]] = (record.raw_source for record in records)
    if what == "counted":
        groups = counted(raw)
        return {"events": sum(group[0] for group in groups.values()), "rows": len(groups)}
    tables = Tables()
    for record in raw:
        # It does not say in which region's file a record was.
        tables.add(record, record["awsRegion"])
    return tables.made()


logging.disable(logging.CRITICAL)
source = LocalDirectoryRecordSource(sys.argv[2])
ever = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
began = time.perf_counter()
said = said_of(sys.argv[1], source.load_from_dir(*ever))
print(json.dumps({**said, "seconds": time.perf_counter() - began}))
