"""Runs that are killed or interrupted: whole partitions, and the next one finishes with the same bytes."""

import random
import signal
import time

import polars as pl
import pytest

from tests.conftest import Account
from tests.pipeline.many_days import DAYS, FILES, hashes, start, write


@pytest.fixture
def demo(account: Account) -> Account:
    return write(account)


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.long)])
def test_a_killed_run_leaves_whole_partitions_and_the_next_one_ends_the_same(
    demo: Account, kills: int
) -> None:
    began = time.monotonic()
    assert start(demo).wait() == 0
    length = time.monotonic() - began
    whole = hashes(demo)
    for path in demo.root.rglob("day=*/**/*.parquet"):
        path.unlink()
    moments = random.Random(20260630)
    for _ in range(kills):
        process = start(demo)
        time.sleep(length * moments.uniform(0.45, 0.98))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for name, bytes_ in hashes(demo).items():
            # Each is whole, and already what the undisturbed run made of it.
            pl.read_parquet(demo.root / name, hive_partitioning=False)
            assert bytes_ == whole[name], name
    assert start(demo, "--missing-only").wait() == 0
    assert hashes(demo) == whole
    assert list(demo.root.rglob("*.tmp")) == list((demo.root / ".staging").iterdir()) == []


def test_an_interrupted_run_says_so_and_the_next_one_finishes(demo: Account) -> None:
    process = start(demo)
    first = demo.root / "expanded_grants" / f"day={DAYS[2]}"
    while not first.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert error.strip().splitlines()[-1].startswith("cloudtracker: interrupted")
    assert "Traceback" not in error
    stopped = hashes(demo)
    assert start(demo, "--missing-only").wait() == 0
    whole = hashes(demo)
    assert len(stopped) < len(whole) == FILES
    assert {name: whole[name] for name in stopped} == stopped
