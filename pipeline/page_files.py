"""Where reports lie, and how they are replaced: whole or not at all. No Dagster in here."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from assets.errors import StorageError
from assets.partitions import Partition
from assets.trend_report.days import Report
from pipeline.replacing import replaced

PAGE = "report.html"


def page_path(root: Path, partition: Partition) -> Path:
    """Return where the page of a day and account lies, whether it is there or not."""
    return root / "trend_report" / f"day={partition.day.isoformat()}" / f"account={partition.account}" / PAGE


def page_written_at(path: Path) -> datetime | None:
    """Return when a page was last replaced (UTC), or None where there is none."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (FileNotFoundError, NotADirectoryError):
        return None


def rows_path(page: Path) -> Path:
    """Return where the CSV of a page lies: beside it, under its name."""
    return page.with_name(f"{page.stem}.csv")


def write_report(
    report: Report, path: Path, written_at: datetime | None = None, root: Path | None = None
) -> None:
    """Replace a page and its CSV. A killed run leaves the old files; the page comes last, with its rows there.

    `root`: where the tables lie, if the page lies there too (see `replacing.replaced`). Raises `StorageError`.
    """
    at = written_at.timestamp() if written_at is not None else None
    _replace(rows_path(path), root, at, report.write_rows)
    _replace(path, root, at, lambda temporary: temporary.write_bytes(report.html))


def _replace(path: Path, root: Path | None, at: float | None, write: Callable[[Path], object]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path, root, at) as temporary:
            write(temporary)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror or error}; name another place, or check its permissions"
        ) from None
