"""trailscraper: `load` reads all records as it does for its commands, `one` and `tables` are as in `plain`."""

import json
import logging
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from aggregates import one_table
from all_tables import all_tables
from trailscraper.record_sources.local_directory_record_source import LocalDirectoryRecordSource


def said_of(what: str, records: Iterable[Any]) -> dict[str, int]:
    """Take the records in, and say how many events there were."""
    if what == "load":
        return {"events": sum(1 for _ in records)}
    raw = (record.raw_source for record in records)
    # It does not say in which region's file a record was.
    return all_tables((one, one["awsRegion"]) for one in raw) if what == "tables" else one_table(raw)


logging.disable(logging.CRITICAL)
source = LocalDirectoryRecordSource(sys.argv[2])
ever = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
began = time.perf_counter()
said = said_of(sys.argv[1], source.load_from_dir(*ever))
print(json.dumps({**said, "seconds": time.perf_counter() - began}))
