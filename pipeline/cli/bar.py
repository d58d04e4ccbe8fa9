"""The progress bar of a run, on stderr; where that is no terminal, nothing moves."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Bar:
    """Shows the bytes of logs that were read, and the partitions as they are written."""

    def __init__(self) -> None:
        """Draw nothing yet."""
        console = Console(stderr=True)
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

    def begin(self, what: str, partitions: int) -> None:
        """A run begins that will write so many partitions."""
        for task in (self._logs, self._tables):
            if task is not None:
                self._progress.remove_task(task)
        self._logs = None
        self._tables = self._progress.add_task(what, total=partitions, count="")

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
