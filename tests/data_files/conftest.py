"""The records of the sample, read once for all tests."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data_files.sample_logs import CORRUPT, CUT_SHORT, SAMPLE, Record, content, files_below, log_files


@pytest.fixture(scope="session")
def located() -> list[tuple[Path, Record]]:
    """Every readable record with its file; the two damaged files have a test of their own."""
    sound = [path for path in log_files() if not path.name.startswith((CUT_SHORT, CORRUPT))]
    return [(path, record) for path in sound for record in json.loads(content(path))["Records"]]


@pytest.fixture(scope="session")
def records(located: list[tuple[Path, Record]]) -> list[Record]:
    """Each event once."""
    return list({record["eventID"]: record for _, record in located}.values())


@pytest.fixture(scope="session")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("again")
    subprocess.run([sys.executable, SAMPLE / "generate.py", root], check=True)
    return files_below(root)
