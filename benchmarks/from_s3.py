"""Reading logs from S3: the same day as from a directory, through a server on this machine."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.measure import CHECKOUT, Run, in_turns, middle, peak, run, table
from benchmarks.reading import logs_of
from benchmarks.sizes import Sizes

_BOTO3 = Path(__file__).parent / "contenders" / "boto3_objects.py"
# What S3 takes until an object begins, about.
_SECONDS = 0.03


def measure(sizes: Sizes) -> Iterator[str]:
    """Yield the lines of the section."""
    events = sorted(sizes.events)[1]
    logs = logs_of(sizes, events)
    files = sum(1 for _ in logs.rglob("*.json.gz"))
    yield "## Reading logs from S3"
    yield ""
    yield (
        f"The {events:,} events of *Reading logs* in {files:,} objects, every table and its Parquet included. The server is a"
        " program on this machine: it takes its part of the two cores, and the network takes nothing but the"
        f" {_SECONDS * 1000:.0f} ms that S3 needs until an object begins, where the table says so. *CPU seconds* are those of"
        " the reading processes, from start to end. *boto3 alone* fetches the objects by 16 threads and throws them away."
    )
    yield ""
    with _server(logs, 0) as near, _server(logs, _SECONDS) as far:
        places: dict[str, Path | str] = {
            "a directory": logs,
            "S3, at once": near,
            f"S3, after {_SECONDS * 1000:.0f} ms": far,
        }
        contenders = {
            f"{place}, {workers} process{'es' if workers > 1 else ''}": partial(
                run, ["-m", "benchmarks.read_logs", where, str(workers)]
            )
            for place, where in places.items()
            for workers in (1, 2)
        }
        contenders |= {
            f"boto3 alone, {place}": partial(run, [_BOTO3, where, logs])
            for place, where in places.items()
            if where is not logs
        }
        done = in_turns(contenders, sizes.rounds)
    if {int(runs[0].said["events"]) for name, runs in done.items() if "boto3" not in name} != {events}:
        raise ValueError("a directory and S3 do not hold the same events")
    yield from table(["", "seconds", "CPU seconds", "peak MB of a process"], list(_rows(done)))


def _rows(done: dict[str, list[Run]]) -> Iterator[list[str]]:
    for name, runs in done.items():
        cpu = min(one.cpu for one in runs)
        yield [name, f"{middle(runs):.1f}", f"{cpu:.1f}", f"{peak(runs):,.0f}"]


@contextmanager
def _server(logs: Path, seconds: float) -> Iterator[str]:
    words = [sys.executable, "-m", "benchmarks.s3_server", str(logs), str(seconds)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()
