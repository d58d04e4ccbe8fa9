"""Batches to processes and back, in order."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing.synchronize import Event
from typing import Protocol, TypeVar

from assets.child_processes import end_with_parent
from assets.cloudtrail_usage.batches import Batch
from assets.cloudtrail_usage.freed_memory import give_back
from assets.cloudtrail_usage.scan import BatchResult, Job, Scanner
from assets.errors import RunError

_Task = TypeVar("_Task")
_Done = TypeVar("_Done")

# What a process works on, what it goes on with, and as much that is done while an earlier one is not.
_A_PROCESS = 3
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
    """Works in processes, this one among them. `processes` gives one, and ends the others."""

    def __init__(
        self, others: ProcessPoolExecutor, callers: ThreadPoolExecutor, job: Job, under_way: int
    ) -> None:
        """Take other processes, each started by `_start_worker`, a thread for each, and how much may be under way."""
        self._others, self._callers, self._most = others, callers, under_way
        self._scanner = Scanner(job)

    def scan(self, batches: Iterable[Batch]) -> Iterator[BatchResult]:
        """Scan the batches, a few being under way. Raises RunError when a process dies."""
        for done in self._shared(_scan_in_worker, self._scanner.scan, batches):
            if done.last:
                # As a scanner does that was given the last batch: days are merged next, which needs the memory.
                self._scanner.forget()
                give_back()
            yield done

    def each(self, work: Callable[[_Task], _Done], tasks: Iterable[_Task], /) -> Iterator[_Done]:
        """Do the tasks, a few being under way. Raises RunError when a process dies."""
        return self._shared(partial(_work_in_worker, work), work, tasks)

    def _shared(
        self, there: Callable[[_Task], _Done], here: Callable[[_Task], _Done], tasks: Iterable[_Task]
    ) -> Iterator[_Done]:
        """Yield what is made of each task, in order: `there` by the other processes, `here` by this one."""
        under_way: deque[tuple[_Task, Future[_Done]]] = deque()
        with _told_of_deaths():
            for task in tasks:
                under_way.append((task, self._callers.submit(self._called, there, task)))
                while len(under_way) > self._most or (under_way and under_way[0][1].done()):
                    yield _first(under_way, here)
            while under_way:
                yield _first(under_way, here)

    def _called(self, there: Callable[[_Task], _Done], task: _Task) -> _Done:
        return self._others.submit(there, task).result()


def _first(under_way: deque[tuple[_Task, "Future[_Done]"]], here: Callable[[_Task], _Done]) -> _Done:
    """Return what is made of the first task. Until it is, this process does what no other has begun."""
    while not under_way[0][1].done():
        taken = next((place for place, (_, future) in enumerate(under_way) if future.cancel()), None)
        if taken is None:
            break
        task, future = under_way[taken][0], Future[_Done]()
        future.set_result(here(task))
        under_way[taken] = task, future
    return under_way.popleft()[1].result()


@contextmanager
def processes(job: Job, workers: int) -> Iterator[Processes]:
    """Give so many processes that work for a reading, this one being one of them; the others are gone afterwards."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    others = ProcessPoolExecutor(workers - 1, context, initializer=_start_worker, initargs=(job, stop))
    # A process is given its next task by a thread: this one is busy with its own.
    callers = ThreadPoolExecutor(workers - 1)
    try:
        yield Processes(others, callers, job, _A_PROCESS * workers)
    finally:
        stop.set()
        callers.shutdown(wait=False, cancel_futures=True)
        others.shutdown(wait=True, cancel_futures=True)
        callers.shutdown(wait=True)


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
