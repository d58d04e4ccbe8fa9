"""Which engine counts the logs of a configuration: this machine, or Athena."""

import os
from collections.abc import Callable
from pathlib import Path

from assets.cloudtrail_usage.athena.client import AthenaPlace
from assets.cloudtrail_usage.athena.log_table import LogTable
from assets.cloudtrail_usage.athena.reading import AthenaReading
from assets.cloudtrail_usage.days import LogReading, Reading
from assets.cloudtrail_usage.sources.s3 import S3Logs
from pipeline.athena_settings import AthenaSettings
from pipeline.interrupts import checkpoint
from pipeline.lake import Lake
from pipeline.lake_key import lake_key
from pipeline.progress import Progress
from pipeline.settings import Settings
from pipeline.sources import log_source
from pipeline.usage_plan import late_deliveries


def log_reading(
    settings: Settings, lake: Lake, progress: Progress | None, turn: Path | None = None
) -> Reading:
    """Return how the logs are read. With `cloudtrail:` this machine reads them, with `athena:` alone Athena.

    `turn`: a file that whoever reads in several processes locks, where others may want to at the same time.
    """
    source = log_source(settings)
    if settings.cloudtrail is None and settings.athena is not None and isinstance(source, S3Logs):
        return AthenaReading(
            source=source,
            table=log_table(settings.athena),
            place=athena_place(settings.athena),
            late_days=settings.late_days,
            late_hours=settings.late_hours,
            late_deliveries=lambda account: late_deliveries(lake, account),
            now=settings.now,
            staging=settings.root / ".staging",
            secret=lambda: lake_key(settings.root),
            max_scan_gb=settings.athena.max_scan_gb,
            skip_setup=settings.athena.skip_setup,
            progress=_watched(progress),
            told=progress.scanned if progress else None,
        )
    return LogReading(
        source=source,
        late_days=settings.late_days,
        late_hours=settings.late_hours,
        late_deliveries=lambda account: late_deliveries(lake, account),
        now=settings.now,
        staging=settings.root / ".staging",
        secret=lambda: lake_key(settings.root),
        workers=settings.workers or os.cpu_count() or 1,
        turn=turn,
        progress=_watched(progress),
    )


def _watched(progress: Progress | None) -> Callable[[int, int], None]:
    def logs(done: int, total: int) -> None:
        # It may take an hour until a table is written.
        checkpoint()
        if progress:
            progress.logs(done, total)

    return logs


def log_table(athena: AthenaSettings) -> LogTable:
    """Return the table that the configuration's `athena:` block means. Raises `ConfigError` for bad names."""
    return LogTable(athena.database, athena.s3_bucket, athena.path.strip("/"), athena.org_id)


def athena_place(athena: AthenaSettings) -> AthenaPlace:
    """Return where Athena runs."""
    return AthenaPlace(athena.region, athena.workgroup, athena.output_bucket, athena.endpoint_url)
