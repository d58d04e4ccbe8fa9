"""Other processes as /proc tells of them: whether they live, and waiting until they do not."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not asked for its exit code does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: Iterable[int], seconds: float) -> bool:
    """Whether all of them have ended within so many seconds."""
    return wait_until(lambda: not any(map(alive, pids)), seconds)


def wait_until(true: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether it is true within so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
