"""The generator ends whole."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import gone, wait_until

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks into /proc")
def test_workers_end_when_the_generator_is_killed(tmp_path: Path) -> None:
    asked = ["logs", str(tmp_path / "logs"), "--events", "2000000", "--workers", "2"]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.generate", *asked], cwd=CHECKOUT)
    try:
        assert wait_until(lambda: any((tmp_path / "logs").rglob("*.gz")))
        workers = [
            int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        ]
        assert len(workers) >= 2
    finally:
        process.kill()
        process.wait()
    assert gone(workers, 60)
