"""Batches to processes and back, in order."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from typing import Protocol, TypeVar

from assets.child_processes import end_with_parent
from assets.cloudtrail_usage.batches import Batch
from assets.cloudtrail_usage.scan import BatchResult, Job, Scanner
from assets.errors import RunError

_Task = TypeVar("_Task")
_Done = TypeVar("_Done")

# Set in a worker when it starts: what scans for the reading it works for, and whether it was given up.
_scanner: Scanner | None = None
_stop: Event | None = None


class Workers(Protocol):
    """What does the work of a reading."""

    def scan(self, batches: Iterable[Batch]) -> Iterator[BatchResult]:
        """Scan the batches; results come in their order."""
        ...

    def each(self, work: Callable[[_Task], _Done], tasks: Iterable[_Task], /) -> Iterator[_Done]:
        """Yield what `work` returns of each task, in order."""
        ...


class ThisProcess:
    """Works here."""

    def __init__(self, job: Job) -> None:
        """Take the reading."""
        self._scanner = Scanner(job)

    def scan(self, batches: Iterable[Batch]) -> Iterator[BatchResult]:
        """Scan one batch after the other."""
        return map(self._scanner.scan, batches)

    def each(self, work: Callable[[_Task], _Done], tasks: Iterable[_Task], /) -> Iterator[_Done]:
        """Do one task after the other."""
        return map(work, tasks)


class Processes:
    """Works in processes. `processes` gives one, and ends them."""

    def __init__(self, pool: ProcessPoolExecutor, workers: int) -> None:
        """Take a pool of so many processes, each of them started by `_start_worker`."""
        self._pool, self._workers = pool, workers

    def scan(self, batches: Iterable[Batch]) -> Iterator[BatchResult]:
        """Scan the batches, a few being under way. Raises RunError when a process dies."""
        with _told_of_deaths():
            under_way: deque[Future[BatchResult]] = deque()
            for batch in batches:
                under_way.append(self._pool.submit(_scan_in_worker, batch))
                if len(under_way) > 2 * self._workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()

    def each(self, work: Callable[[_Task], _Done], tasks: Iterable[_Task], /) -> Iterator[_Done]:
        """Do the tasks, all of them being under way. Raises RunError when a process dies."""
        with _told_of_deaths():
            for done in [self._pool.submit(_work_in_worker, work, task) for task in tasks]:
                yield done.result()


@contextmanager
def processes(job: Job, workers: int) -> Iterator[Processes]:
    """Give so many processes that work for a reading; they are gone afterwards, whatever the reason."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(job, stop))
    try:
        yield Processes(pool, workers)
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _told_of_deaths() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise RunError(
            "a process that reads logs died (killed, or out of memory); nothing was kept, run it again"
        ) from error


def _start_worker(job: Job, stop: Event) -> None:
    global _scanner, _stop
    _scanner, _stop = Scanner(job), stop
    # Ctrl-C reaches the whole group of processes; the one that was asked ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def _scan_in_worker(batch: Batch) -> BatchResult:
    if _scanner is None or _stop is None:
        raise RunError("a process that reads logs was given a batch before it was started")
    return _scanner.scan(batch, _stop.is_set)


def _work_in_worker(work: Callable[[_Task], _Done], task: _Task) -> _Done:
    # It needs the memory; what is scanned after it is another day's.
    if _scanner is not None:
        _scanner.forget()
    return work(task)
