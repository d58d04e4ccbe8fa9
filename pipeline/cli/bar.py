"""The progress bar of a run, on stderr; where that is no terminal, a line a run, or nothing."""

import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from assets.number_words import number_of
from pipeline.steps import Step


class _Lane:
    """The bars of one process: of the logs that it reads, and of the partitions that it writes."""

    def __init__(self, progress: Progress, lines: bool) -> None:
        self._progress, self._lines = progress, lines
        self.scanned_bytes, self.scanned_dollars = 0, 0.0
        self._logs: TaskID | None = None
        self._tables: TaskID | None = None

    def begin(self, step: Step, partitions: int) -> None:
        """A run begins that will write so many partitions."""
        if self._lines:
            # Whoever follows the log of a job of hours sees that it goes on, and where it was when it ended.
            print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {step.told}", file=sys.stderr, flush=True)
        self.end()
        self._tables = self._progress.add_task(step.what, total=partitions, count="")

    def end(self) -> None:
        """Nothing goes on here for now."""
        for task in (self._logs, self._tables):
            if task is not None:
                self._progress.remove_task(task)
        self._logs = self._tables = None

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
            self._progress.update(self._tables, advance=1, count=f"{table} {day}: {number_of(rows, 'row')}")


class Bar(_Lane):
    """Shows what is read and written, in this process and in others that work beside it."""

    def __init__(self, *, lines: bool = False) -> None:
        """Draw nothing yet. `lines`: where there is no terminal, tell in a line of each run that begins."""
        console = Console(stderr=True)
        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        super().__init__(progress, lines and not console.is_terminal)
        self._beside: list[_Lane] = []
        self._accounts: TaskID | None = None

    def __enter__(self) -> Self:
        """Begin drawing."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End drawing, whatever happened."""
        self._progress.stop()

    def accounts(self, done: int, total: int) -> None:
        """So many accounts have come to their end; of one alone nothing is said."""
        if total < 2:
            return
        if self._accounts is None:
            self._accounts = self._progress.add_task("accounts", count="")
        self._progress.update(self._accounts, completed=done, total=total, count=f"{done} of {total}")

    def lane(self) -> _Lane:
        """Return the bars of one more process."""
        self._beside.append(_Lane(self._progress, self._lines))
        return self._beside[-1]

    @property
    def scanned_by_all(self) -> tuple[int, float]:
        """The bytes that Athena has scanned for all processes, and the dollars that it cost."""
        lanes = (self, *self._beside)
        return sum(one.scanned_bytes for one in lanes), sum(one.scanned_dollars for one in lanes)
