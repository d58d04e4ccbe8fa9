"""Read one day's logs into the tables, as a run does, Parquet included: `python -m benchmarks.read_logs LOGS WORKERS`.

`LOGS` is a directory, or the URL of `benchmarks.s3_server`.
"""

import pipeline.cli.environment  # noqa: F401

# As the command: before anything that imports Polars.
# isort: split
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from assets.cloudtrail_usage.reader import read_days
from assets.cloudtrail_usage.sources.aws import Connection
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.cloudtrail_usage.sources.s3 import S3Logs
from assets.cloudtrail_usage.sources.source import LogSource
from assets.partitions import Partition
from pipeline.lake import Lake

from benchmarks.cloudtrail_logs import LogShape
from benchmarks.population import account_id


def source_of(logs: str) -> LogSource:
    """Return the logs of a directory or of a server."""
    if not logs.startswith("http://"):
        return LocalLogs(Path(logs))
    # Not in every process that reads from a directory: a server's modules take a tenth as long as Polars.
    from benchmarks.s3_server import REGION

    os.environ |= {"AWS_ACCESS_KEY_ID": "benchmark", "AWS_SECRET_ACCESS_KEY": "benchmark"}
    return S3Logs("logs", connection=Connection(region=REGION, endpoint_url=logs))


def read(logs: LogSource, workers: int, root: Path) -> dict[str, int]:
    """Write the tables of the first day of the first account below `root`; return events, rows and bytes read."""
    lake = Lake(root)
    account, day = account_id(0), LogShape.first
    partition = Partition(day, account)
    events = rows = size = 0
    for made in read_days(
        logs, account, [day], late_days=1, late_from={}, now=datetime.now(UTC), late_hours=24,
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
        said = read(source_of(sys.argv[1]), int(sys.argv[2]), Path(folder))
        print(json.dumps({**said, "seconds": time.perf_counter() - began}))
