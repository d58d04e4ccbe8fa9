"""Run something as a process of its own, and say how long it took and how much memory it held."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

CHECKOUT = Path(__file__).parent.parent
_HERE = Path(__file__).parent
COMPETITORS = str(_HERE / ".venv" / "bin" / "python")
ORIGINAL = str(_HERE / ".venv" / "original" / "bin" / "python")
# What the installed `cloudtracker` does.
COMMAND = ("-c", "from pipeline.cli.main import main; main()")
# A processor's clock changes, and so do its neighbours: what is compared is measured in turns.
ROUNDS = 3


@dataclass(frozen=True)
class Run:
    """A process that has ended.

    `wall` and `cpu` in seconds from start to end, children included; `peak_mb` of the largest of its processes;
    `said` is the JSON object in the last line that it printed, where it printed one.
    """

    wall: float
    cpu: float
    peak_mb: float
    said: dict[str, Any]

    @property
    def seconds(self) -> float:
        """What the process says that the thing itself took, without the start of the interpreter."""
        return float(self.said.get("seconds", self.wall))


class FailedError(Exception):
    """A process ended with an error: its benchmark cannot be trusted."""


def run(words: Sequence[str | Path], *, python: str = sys.executable, home: Path | None = None) -> Run:
    """Run `python words...` in the checkout. Raises FailedError with what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    # An installed program has its bytecode beside it: compiling takes longer than an answer.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if home is not None:
        environment["DAGSTER_HOME"] = str(home)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            [python, *map(str, words)], stdout=out, stderr=err, cwd=CHECKOUT, env=environment
        )
        # wait4: the highest memory of the process and of its children, whichever is more.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        printed = out.read().decode(errors="replace")
        if process.returncode:
            raise FailedError(
                f"{words}: exit code {process.returncode}\n{err.read().decode(errors='replace')}"
            )
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, _said(printed))


def _said(printed: str) -> dict[str, Any]:
    last = printed.rstrip().rpartition("\n")[2]
    if not last.startswith("{"):
        return {}
    said: dict[str, Any] = json.loads(last)
    return said


def in_turns(runs: dict[str, Callable[[], Run]], rounds: int = ROUNDS) -> dict[str, list[Run]]:
    """Run each `rounds` times, one after the other in every round."""
    done: dict[str, list[Run]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, one in runs.items():
            done[name].append(one())
    return done


def middle(runs: Sequence[Run]) -> float:
    """Return the median of the seconds."""
    return median(one.seconds for one in runs)


def peak(runs: Sequence[Run]) -> float:
    """Return the highest memory of any process, in MB."""
    return max(one.peak_mb for one in runs)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines] + [""]
