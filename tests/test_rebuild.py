"""`data_files/rebuild.py`, run as people run it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assets.aws_actions.facts import FACT_FILES
from pipeline.data_files import DATA_FILES

BATCH = "glue,BatchGetDataQualityResult,glue:GetDataQualityResult,,,batch-name\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FACT_FILES:
        shutil.copy(DATA_FILES / name, tmp_path)
    return tmp_path


def rebuild(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(DATA_FILES / "rebuild.py"), "--folder", str(folder), *flags]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_shipped_files_would_not_change(folder: Path) -> None:
    done = rebuild(folder, "--check")
    assert (done.returncode, done.stdout) == (0, "files that would change: 0, stale rows: 0\n"), done.stderr


def test_a_row_that_was_removed_is_shown_and_comes_back(folder: Path) -> None:
    file = folder / "operation_actions.csv"
    whole = file.read_text()
    without = whole.replace(BATCH, "")
    assert without != whole
    file.write_text(without)
    shown = rebuild(folder, "--check")
    assert shown.returncode == 1
    assert shown.stdout.splitlines()[:2] == [
        "operation_actions.csv: rows added: 1, removed: 0",
        f"+ {BATCH.strip()}",
    ]
    assert file.read_text() == without
    assert rebuild(folder, "--write").returncode == 0
    assert file.read_text() == whole
    assert sorted(path.name for path in folder.iterdir()) == sorted(FACT_FILES)


def test_a_stale_row_is_kept_and_reported(folder: Path) -> None:
    file = folder / "dependent_actions.csv"
    file.write_text(file.read_text() + "zz:Gone,iam:PassRole,policy-sentry\n")
    before = file.read_text()
    done = rebuild(folder, "--write")
    assert (
        "stale: dependent_actions.csv: zz:Gone,iam:PassRole,policy-sentry: not published: zz:Gone"
        in done.stdout
    )
    assert (done.returncode, file.read_text()) == (0, before)
    assert rebuild(folder, "--check").returncode == 1


def test_an_unreadable_file_is_an_error_with_its_code(folder: Path) -> None:
    (folder / "event_sources.csv").unlink()
    done = rebuild(folder)
    assert done.returncode == 3
    assert done.stderr.startswith("rebuild.py: ")
    assert "event_sources.csv: not found" in done.stderr
