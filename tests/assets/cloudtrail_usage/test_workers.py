import fcntl
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from assets.cloudtrail_usage.reader import read_days
from assets.cloudtrail_usage.sources.local import LocalLogs
from assets.cloudtrail_usage.sources.source import LogFile
from assets.errors import RunError
from tests.assets.cloudtrail_usage.log_files import ACCOUNT, DAY, LONG_AFTER, as_bytes, event, put, read
from tests.processes import gone, wait_until

CHECKOUT = Path(__file__).parents[3]
WEEK = [DAY + timedelta(days=n) for n in range(5)]


def _write_week(root: Path, files: int = 3) -> None:
    for n, day in enumerate(WEEK):
        for file in range(files):
            region = ("us-east-1", "eu-west-1")[file % 2]
            # Every event is in two files or more, some of them with other content.
            records = [
                event(f"{day}-{(file + m) % 7}", f"{day}T10:00:0{m}Z", eventName=f"Op{(m + n) % 3}")
                for m in range(5)
            ]
            records += [
                event(f"{day}-s{file % 50}", f"{day}T11:00:00Z", userIdentity=_session(file % 9)),
                event(f"{day}-a{file % 50}", f"{day}T09:00:00Z", userIdentity=_session(file % 9), **_ASSUMED),
            ]
            put(root, [*records, None], f"{file:05}.json.gz", day=day, region=region)


_ASSUMED = {
    "eventSource": "sts.amazonaws.com",
    "eventName": "AssumeRole",
    "responseElements": {
        "credentials": {"accessKeyId": "ASIA1"},
        "assumedRoleUser": {"assumedRoleId": "AROAR:1"},
    },
}


def _session(number: int) -> dict[str, object]:
    return {"type": "AssumedRole", "principalId": f"AROAR:{number}", "accessKeyId": f"ASIA{number}"}


def _written(root: Path, workers: int) -> list[bytes]:
    made = read(root, WEEK, workers=workers, small_bytes=0)
    return [written for tables in made.values() for written in as_bytes(tables)]


def test_tables_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    # So many files that a day is several batches.
    _write_week(tmp_path / "logs", files=600)
    alone = _written(tmp_path / "logs", workers=1)
    assert len(alone) == 25
    assert _written(tmp_path / "logs", workers=2) == alone
    assert _written(tmp_path / "logs", workers=3) == alone


def test_a_small_range_is_read_here(tmp_path: Path) -> None:
    put(tmp_path / "logs", [event("e1")])
    source = _Where(tmp_path / "logs")
    made = list(read_days(
        source, ACCOUNT, [DAY], late_days=1, late_from={}, now=LONG_AFTER, late_hours=24,
        staging=tmp_path / "staging", workers=2, secret=b"s",
    ))  # fmt: skip
    assert made[0].usage["event_name"].to_list() == [f"Read{os.getpid()}"]


def test_whoever_reads_in_processes_waits_for_its_turn(tmp_path: Path) -> None:
    _write_week(tmp_path / "logs")
    turn = tmp_path / "turn"
    turn.touch()
    done: list[float] = []

    def reading(small_bytes: int) -> None:
        read(tmp_path / "logs", staging=tmp_path / "staging", workers=2, small_bytes=small_bytes, turn=turn)
        done.append(time.monotonic())

    with turn.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        # Little to read is read here, and by nobody else.
        reading(1 << 30)
        waiting = threading.Thread(target=reading, args=(0,))
        waiting.start()
        time.sleep(1.5)
        assert len(done) == 1 and waiting.is_alive()
        released = time.monotonic()
    waiting.join(60)
    assert len(done) == 2 and done[1] > released


@dataclass(frozen=True)
class _Where(LocalLogs):
    """Tells in which process it was read."""

    def read_many(self, files: Sequence[LogFile]) -> Iterator[bytes | OSError]:
        for _ in super().read_many(files):
            yield f'{{"Records": [{_record(os.getpid())}]}}'.encode()


def _record(process: int, number: int = 0) -> str:
    return (
        f'{{"eventTime": "2024-03-05T10:00:00Z", "eventSource": "s", "eventName": "Read{process}",'
        f' "eventID": "{process}-{number}", "userIdentity": {{"type": "Root"}}}}'
    )


@dataclass(frozen=True)
class _Meeting(LocalLogs):
    """Tells in which process it was read, once another process reads too."""

    read_by: Path = Path()

    def read_many(self, files: Sequence[LogFile]) -> Iterator[bytes | OSError]:
        (self.read_by / str(os.getpid())).touch()
        wait_until(lambda: len(list(self.read_by.iterdir())) == 2)
        for number, _ in enumerate(super().read_many(files)):
            yield f'{{"Records": [{_record(os.getpid(), number)}]}}'.encode()


def test_the_process_that_was_asked_reads_too(tmp_path: Path) -> None:
    _write_week(tmp_path / "logs")
    read_by = tmp_path / "read_by"
    read_by.mkdir()
    made = read_days(
        _Meeting(tmp_path / "logs", read_by=read_by), ACCOUNT, WEEK, late_days=1, late_from={}, now=LONG_AFTER,
        late_hours=24, staging=tmp_path / "staging", workers=2, secret=b"s", small_bytes=0,
    )  # fmt: skip
    names = {name for tables in made for name in tables.usage["event_name"]}
    assert names == {f"Read{path.name}" for path in read_by.iterdir()}
    assert f"Read{os.getpid()}" in names


@dataclass(frozen=True)
class _Deadly(LocalLogs):
    """Kills another process that reads, as the system does when memory ends."""

    killed: Path = Path()

    def read_many(self, files: Sequence[LogFile]) -> Iterator[bytes | OSError]:
        if multiprocessing.parent_process():
            self.killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        wait_until(self.killed.exists)
        return super().read_many(files)


def test_a_worker_that_dies_ends_the_reading(tmp_path: Path) -> None:
    _write_week(tmp_path / "logs")
    staging, killed = tmp_path / "staging", tmp_path / "killed"
    days: list[date] = []
    with pytest.raises(RunError, match="died"):
        for tables in read_days(
            _Deadly(tmp_path / "logs", killed=killed), ACCOUNT, WEEK, late_days=1, late_from={}, now=LONG_AFTER,
            late_hours=24, staging=staging, workers=2, secret=b"s", small_bytes=0,
        ):  # fmt: skip
            days.append(tables.day)  # noqa: PERF401
    assert killed.exists()
    assert WEEK[-1] not in days
    assert list(staging.iterdir()) == []


SLOW = """
import multiprocessing, signal, sys, time
from dataclasses import dataclass
from pathlib import Path
from assets.cloudtrail_usage.reader import read_days
from assets.cloudtrail_usage.sources.local import LocalLogs
from tests.assets.cloudtrail_usage.log_files import ACCOUNT, LONG_AFTER
from tests.assets.cloudtrail_usage.test_workers import WEEK

@dataclass(frozen=True)
class Slow(LocalLogs):
    def read_many(self, files):
        for content in super().read_many(files):
            time.sleep(0.05)
            yield content

def tell(done, total):
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for _ in read_days(Slow(Path("logs")), ACCOUNT, WEEK, late_days=1, late_from={}, now=LONG_AFTER,
                       late_hours=24, staging=Path("staging"), workers=2, secret=b"s", small_bytes=0, progress=tell):
        pass
"""


def _started(tmp_path: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """Start a slow reading in two processes, and wait until they work; return the first, and the others' ids."""
    _write_week(tmp_path / "logs", files=20)
    (tmp_path / "slow.py").write_text(SLOW)
    process = subprocess.Popen(
        [sys.executable, "slow.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    workers = [int(pid) for pid in process.stdout.readline().split()]
    assert len(workers) == 1
    return process, workers


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")
def test_ctrl_c_ends_the_workers_and_leaves_nothing(tmp_path: Path) -> None:
    process, workers = _started(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    # One process tells of it. Where Python was handling an error of its own (pathlib does for a first `str`), of both.
    told = errors.count("Traceback") - errors.count("During handling of the above exception")
    assert told == errors.count("KeyboardInterrupt") == 1
    assert process.returncode != 0
    assert gone(workers, 5)
    assert list((tmp_path / "staging").iterdir()) == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")
def test_workers_end_when_their_parent_is_killed_and_the_next_reading_tidies_up(tmp_path: Path) -> None:
    process, workers = _started(tmp_path)
    process.kill()
    process.wait()
    assert gone(workers, 10)
    abandoned = list((tmp_path / "staging").iterdir())
    assert len(abandoned) == 1
    read(tmp_path / "logs", staging=tmp_path / "staging")
    assert list((tmp_path / "staging").iterdir()) == []
