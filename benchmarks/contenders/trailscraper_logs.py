"""trailscraper: `load` reads all records as it does for its commands; `counted` makes the aggregates of them."""

import json
import logging
import sys
import time
from datetime import UTC, datetime

from aggregates import counted
from trailscraper.record_sources.local_directory_record_source import LocalDirectoryRecordSource

logging.disable(logging.CRITICAL)
source = LocalDirectoryRecordSource(sys.argv[2])
ever = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
began = time.perf_counter()
records = source.load_from_dir(*ever)
if sys.argv[1] == "load":
    said = {"events": sum(1 for _ in records)}
else:
    groups = counted(record.raw_source for record in records)
    said = {"events": sum(group[0] for group in groups.values()), "rows": len(groups)}
print(json.dumps({**said, "seconds": time.perf_counter() - began}))
