"""A process that carries out the plans of accounts, one after the other, for `side_by_side`."""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import polars as pl

from assets.child_processes import end_with_parent
from assets.errors import INTERRUPTED, CloudTrackerError
from pipeline.damaged_files import damaged
from pipeline.full_disk import full_disk
from pipeline.interrupts import checkpoint
from pipeline.plan import Plan
from pipeline.runner import RunOptions, runner
from pipeline.settings import AccountSettings, Settings
from pipeline.steps import Step

DONE, FAILED = "done", "failed"
"""What is said of an account in the end: the days whose trends were made, or the error."""


@dataclass(frozen=True)
class Errand:
    """What is done for every account. Sent to processes, so it is picklable."""

    settings: Settings
    planner: Callable[[AccountSettings], Plan]
    options: RunOptions


def work(pipe: Connection, errand: Errand) -> None:
    """Take accounts from the pipe until it says None or is closed; tell there what goes on: `(kind, what)`.

    `kind` is the name of a method of `Watcher` and `what` its arguments, or `DONE` or `FAILED`.
    """
    end_with_parent()
    told = _Told(pipe)
    try:
        with runner(errand.settings, told, errand.options) as runs:
            while (account := _next(pipe)) is not None:
                try:
                    plan = errand.planner(account)
                    runs.carry_out(plan)
                except CloudTrackerError as error:
                    told.tell(FAILED, plain(error))
                except (Exception, pl.exceptions.PanicException) as error:
                    checkpoint()
                    if (file := full_disk(error) or damaged(error)) is None:
                        raise
                    told.tell(FAILED, file)
                else:
                    told.tell(DONE, plan.trends)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _next(pipe: Connection) -> AccountSettings | None:
    try:
        account: AccountSettings | None = pipe.recv()
    except (EOFError, OSError):
        # Whoever gave accounts does not want any more of them.
        return None
    return account


def plain(error: CloudTrackerError) -> CloudTrackerError:
    """Return an error of the hierarchy's own class that says the same: others may not come out of a pipe again."""
    classes = (one for one in type(error).__mro__ if issubclass(one, CloudTrackerError))
    own = next(one for one in classes if one.__module__ == CloudTrackerError.__module__)
    return own(str(error))


class _Told:
    """A `Watcher` at the other end of a pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def begin(self, step: Step, partitions: int) -> None:
        # Nothing is sent here in the middle of an account: that there is something to read means that it was closed.
        if self._pipe.poll():
            raise KeyboardInterrupt
        self.tell("begin", (step, partitions))

    def logs(self, done: int, total: int) -> None:
        self.tell("logs", (done, total))

    def scanned(self, bytes_: int, dollars: float) -> None:
        self.tell("scanned", (bytes_, dollars))

    def wrote(self, table: str, day: str, rows: int) -> None:
        self.tell("wrote", (table, day, rows))

    def tell(self, kind: str, what: Any) -> None:
        # Where nobody listens any more, the next run does not begin; this one is left to end as it will.
        with suppress(OSError):
            self._pipe.send((kind, what))
