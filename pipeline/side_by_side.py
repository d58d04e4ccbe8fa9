"""Accounts side by side: some processes, each of which carries out the plan of one account after the other.

A run of one account keeps one core busy for most of its time. Tables of different accounts are different files, and
Dagster's storage is made for runs of several processes: they need not know of each other.
"""

import multiprocessing
import os
import signal
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from assets.errors import CloudTrackerError, RunError
from pipeline.account_process import DONE, FAILED, Errand, work
from pipeline.runner import Watcher
from pipeline.settings import AccountSettings

# Seconds until those that still work are interrupted by themselves, and until they are killed.
_PATIENCE, _END = 1.0, 60.0
# A process takes seconds to start, and up to about 0.7 GB.
_ACCOUNTS_EACH, _MOST = 3, 4


class Lane(Watcher, Protocol):
    """A `Watcher` of one of several processes."""

    def end(self) -> None:
        """Nothing goes on there for now."""
        ...


class Overseer(Lane, Protocol):
    """A `Watcher` of this process, of the accounts, and of others that work beside this one."""

    def accounts(self, done: int, total: int) -> None:
        """So many accounts have come to their end."""
        ...

    def lane(self) -> Lane:
        """Return what watches one more process."""
        ...


def usual_processes(accounts: int, cores: int) -> int:
    """Return how many processes work on so many accounts where nobody says how many."""
    return max(1, min(cores, _MOST, accounts // _ACCOUNTS_EACH))


@dataclass
class _Hand:
    """A process, the account that it works on, and what is told of it."""

    process: BaseProcess
    pipe: Connection
    lane: Lane
    account: AccountSettings | None = None


class Hands:
    """Processes that carry out plans. `hands` gives them, and ends them."""

    def __init__(self, errand: Errand, processes: int, overseer: Overseer) -> None:
        """Start so many."""
        self._errand = errand
        self._hands = [self._started(overseer.lane()) for _ in range(processes)]

    def carry_out(
        self, accounts: Sequence[AccountSettings]
    ) -> Iterator[tuple[AccountSettings, Sequence[date] | CloudTrackerError]]:
        """Yield each account when its plan was carried out, with the days whose trends were made, or its error.

        One whose process dies has failed; another process takes the place of that one.
        """
        waiting = deque(accounts)
        while True:
            for hand in self._hands:
                if hand.account is None and waiting:
                    self._give(hand, waiting.popleft())
            busy = [(hand, hand.account) for hand in self._hands if hand.account is not None]
            if not busy:
                return
            ready = wait([hand.pipe for hand, _ in busy])
            for hand, account in busy:
                if hand.pipe not in ready:
                    continue
                try:
                    kind, what = hand.pipe.recv()
                except (EOFError, OSError):
                    self._replace(hand)
                    yield account, _died(hand)
                    continue
                if kind in (DONE, FAILED):
                    hand.account = None
                    hand.lane.end()
                    yield account, what
                else:
                    getattr(hand.lane, kind)(*what)

    def dismiss(self) -> None:
        """End the processes, which have nothing to do."""
        for hand in self._hands:
            # One that was killed while it had nothing to do has nothing to be told.
            with suppress(OSError):
                hand.pipe.send(None)
        for hand in self._hands:
            hand.process.join()

    def stop(self) -> None:
        """End the processes in the middle of their runs, as an interrupt ends one; they leave whole tables."""
        for hand in self._hands:
            hand.pipe.close()
        try:
            # Ctrl-C reaches all of a group of processes; a signal that was sent to this one did not reach them.
            self._wait(_PATIENCE)
            for hand in self._hands:
                if hand.process.is_alive() and hand.process.pid is not None:
                    os.kill(hand.process.pid, signal.SIGINT)
            self._wait(_END)
        finally:
            for hand in self._hands:
                hand.process.kill()
                hand.process.join()

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        for hand in self._hands:
            hand.process.join(max(0.0, end - time.monotonic()))

    def _give(self, hand: _Hand, account: AccountSettings) -> None:
        hand.account = account
        # Of one that has died before, reading from its pipe tells.
        with suppress(OSError):
            hand.pipe.send(account)

    def _replace(self, hand: _Hand) -> None:
        hand.pipe.close()
        hand.process.join()
        hand.lane.end()
        self._hands[self._hands.index(hand)] = self._started(hand.lane)

    def _started(self, lane: Lane) -> _Hand:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, self._errand))
        # They inherit that an interrupt is ignored, but for the runs of Dagster: else one that has just been started
        # would end with a traceback.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process.start()
        finally:
            signal.signal(signal.SIGINT, before)
        # Or the end of the process would not be the end of what can be read.
        theirs.close()
        return _Hand(process, ours, lane)


def _died(hand: _Hand) -> RunError:
    code = hand.process.exitcode or 0
    why = "killed, or out of memory?" if code < 0 else "what it said of it stands above"
    return RunError(
        f"the process that worked on it ended with exit code {code} ({why});"
        " finished tables are kept: run it again with --missing-only, and --processes 1 where memory is short"
    )


@contextmanager
def hands(errand: Errand, processes: int, overseer: Overseer) -> Iterator[Hands]:
    """Give so many processes that carry out plans; they are gone afterwards, whatever the reason."""
    with tempfile.NamedTemporaryFile(prefix="cloudtracker-") as turn:
        options = replace(errand.options, reading_turn=Path(turn.name))
        made = Hands(replace(errand, options=options), processes, overseer)
        # As Dagster has it during a run: whoever ends a container sends this.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            yield made
        except BaseException:
            made.stop()
            raise
        finally:
            signal.signal(signal.SIGTERM, before)
        made.dismiss()
