"""Batches to processes and back, in order."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event

from assets.cloudtrail_usage.batches import Batch
from assets.cloudtrail_usage.scan import BatchResult, Job, Scanner
from assets.errors import RunError

# Set in a worker when it starts: what scans for the reading it works for, and whether it was given up.
_scanner: Scanner | None = None
_stop: Event | None = None


def scan_here(job: Job, batches: Iterable[Batch]) -> Generator[BatchResult, None, None]:
    """Scan the batches in this process."""
    scanner = Scanner(job)
    return (scanner.scan(batch) for batch in batches)


def scan_in_processes(job: Job, batches: Iterable[Batch], workers: int) -> Generator[BatchResult, None, None]:
    """Scan the batches in so many processes; results come in the order of the batches, a few being under way.

    The processes are gone when the iterator ends or is closed, whatever the reason.
    Raises RunError when one of them dies.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(job, stop))
    try:
        under_way: deque[Future[BatchResult]] = deque()
        for batch in batches:
            under_way.append(pool.submit(_scan_in_worker, batch))
            if len(under_way) > 2 * workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    except BrokenProcessPool as error:
        raise RunError(
            "a process that reads logs died (killed, or out of memory); nothing was kept, run it again"
        ) from error
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(job: Job, stop: Event) -> None:
    global _scanner, _stop
    _scanner, _stop = Scanner(job), stop
    # Ctrl-C reaches the whole group of processes; the one that was asked ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # Without it, the workers of a process that was killed would wait for batches for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _scan_in_worker(batch: Batch) -> BatchResult:
    if _scanner is None or _stop is None:
        raise RunError("a process that reads logs was given a batch before it was started")
    return _scanner.scan(batch, _stop.is_set)
