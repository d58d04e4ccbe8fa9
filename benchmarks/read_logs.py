"""Read one day's logs into the tables, as a run does, Parquet included: `python -m benchmarks.read_logs LOGS WORKERS`."""

import pipeline.cli.environment  # noqa: F401

# As the command: before anything that imports Polars.
# isort: split
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from assets.cloudtrail_usage.reader import read_days
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.partitions import Partition
from pipeline.lake import Lake

from benchmarks.cloudtrail_logs import LogShape
from benchmarks.population import account_id


def read(logs: Path, workers: int, root: Path) -> dict[str, int]:
    """Write the tables of the first day of the first account below `root`; return events, rows and bytes read."""
    lake = Lake(root)
    account, day = account_id(0), LogShape.first
    partition = Partition(day, account)
    events = rows = size = 0
    for made in read_days(
        LocalLogs(logs), account, [day], late_days=1, late_from={}, now=datetime.now(UTC), late_hours=24,
        staging=root / ".staging", workers=workers, secret=b"benchmark",
    ):  # fmt: skip
        lake.write("cloudtrail_usage", made.usage, partition)
        lake.write("role_assumptions", made.assumptions.lazy(), partition)
        lake.write("session_usage", made.sessions.lazy(), partition)
        lake.write("rejected_records", made.rejected, partition)
        lake.write("log_coverage", made.coverage, partition)
        events, rows = int(made.usage["events"].sum()), made.usage.height
        size = int(made.coverage["bytes"].sum())
    return {"events": events, "rows": rows, "stored_bytes": size}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        said = read(Path(sys.argv[1]), int(sys.argv[2]), Path(folder))
        print(json.dumps({**said, "seconds": time.perf_counter() - began}))
