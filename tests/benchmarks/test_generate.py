"""The generator ends whole."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks into /proc")
def test_workers_end_when_the_generator_is_killed(tmp_path: Path) -> None:
    asked = ["logs", str(tmp_path / "logs"), "--events", "2000000", "--workers", "2"]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.generate", *asked], cwd=CHECKOUT)
    try:
        _wait_until(lambda: any((tmp_path / "logs").rglob("*.gz")))
        workers = [
            int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        ]
        assert len(workers) >= 2
    finally:
        process.kill()
        process.wait()
    _wait_until(lambda: not any(map(_alive, workers)))


def _wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
