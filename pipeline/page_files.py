"""Where reports lie, and how they are replaced: whole or not at all. No Dagster in here."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from assets.errors import StorageError
from assets.partitions import Partition
from assets.trend_report.days import Report

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


def write_report(report: Report, path: Path, written_at: datetime | None = None) -> None:
    """Replace a page and its CSV. A killed run leaves the old files; the page comes last, with its rows there.

    Raises `StorageError`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(rows_path(path), report.write_rows, written_at)
        _replace(path, lambda file: _write(file, report.html), written_at)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror or error}; name another place, or check its permissions"
        ) from None


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def _replace(path: Path, write: Callable[[Path], object], written_at: datetime | None) -> None:
    # Beside the file, so that os.replace is atomic; the name begins with a dot, so that nobody takes it for one.
    temporary = path.parent / f".{path.name}.{os.getpid()}.tmp"
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        if written_at is not None:
            os.utime(temporary, (written_at.timestamp(), written_at.timestamp()))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
