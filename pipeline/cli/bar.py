"""The progress bar of a run, on stderr; where that is no terminal, a line a run, or nothing."""

import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pipeline.steps import Step


class Bar:
    """Shows the bytes of logs that were read, and the partitions as they are written."""

    def __init__(self, *, lines: bool = False) -> None:
        """Draw nothing yet. `lines`: where there is no terminal, tell in a line of each run that begins."""
        console = Console(stderr=True)
        self._lines = lines and not console.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.scanned_bytes, self.scanned_dollars = 0, 0.0
        self._logs: TaskID | None = None
        self._tables: TaskID | None = None

    def __enter__(self) -> Self:
        """Begin drawing."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End drawing, whatever happened."""
        self._progress.stop()

    def begin(self, step: Step, partitions: int) -> None:
        """A run begins that will write so many partitions."""
        if self._lines:
            # Whoever follows the log of a job of hours sees that it goes on, and where it was when it ended.
            print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {step.told}", file=sys.stderr, flush=True)
        for task in (self._logs, self._tables):
            if task is not None:
                self._progress.remove_task(task)
        self._logs = None
        self._tables = self._progress.add_task(step.what, total=partitions, count="")

    def logs(self, done: int, total: int) -> None:
        """Tell how much of the logs has been read."""
        if self._logs is None:
            self._logs = self._progress.add_task("reading logs", total=total, count="")
        self._progress.update(self._logs, completed=done, total=total, count=f"{done / max(1, total):.0%}")

    def scanned(self, bytes_: int, dollars: float) -> None:
        """Athena has scanned so many bytes in a run; the runs are added up."""
        self.scanned_bytes += bytes_
        self.scanned_dollars += dollars

    def wrote(self, table: str, day: str, rows: int) -> None:
        """A partition was written."""
        if self._tables is not None:
            self._progress.update(self._tables, advance=1, count=f"{table} {day}: {rows:,} rows")
