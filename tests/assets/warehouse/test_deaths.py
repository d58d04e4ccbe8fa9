"""Loads that are killed, and loads that meet: real processes."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assets.warehouse.loads import Share
from tests.assets.warehouse.loading import KEYS, rows_of
from tests.assets.warehouse.odd_rows import TABLE
from tests.assets.warehouse.places import Place, in_order, place
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.long


KINDS = ("duckdb", "postgres", "iceberg")


def _load(kind: str, folder: Path, dsn: str, word: str, *more: str) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "tests.assets.warehouse.loading", kind, str(folder), dsn, word, *more]
    return subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _holds(there: Place, word: str) -> bool:
    return there.rows(TABLE).equals(in_order(rows_of(word), TABLE))


def _wait_until_begun(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"


def _kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()
    assert process.returncode == -9


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_load_leaves_the_old_rows_and_the_next_goes_through(
    kind: str, tmp_path: Path, dsn: str
) -> None:
    there = place(kind, tmp_path, dsn)
    there.warehouse.replace([Share(TABLE, KEYS, lambda: iter([rows_of("old")]))])
    assert _holds(there, "old")
    halfway = _load(kind, tmp_path, dsn, "newer", "1", "wait")
    _wait_until_begun(halfway)
    _kill(halfway)
    assert _holds(there, "old")
    somewhere = _load(kind, tmp_path, dsn, "newer", "50")
    _wait_until_begun(somewhere)
    time.sleep(random.Random(kind).uniform(0, 0.3))
    _kill(somewhere)
    assert _holds(there, "old") or _holds(there, "newer")
    there.warehouse.replace([Share(TABLE, KEYS, lambda: iter([rows_of("last")]))])
    assert _holds(there, "last")


@pytest.mark.parametrize("kind", KINDS)
def test_two_loads_at_once_do_not_mix(kind: str, tmp_path: Path, dsn: str) -> None:
    there = place(kind, tmp_path, dsn)
    both = [_load(kind, tmp_path, dsn, word, "3") for word in ("one", "another")]
    for process in both:
        said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert _holds(there, "one") or _holds(there, "another")
