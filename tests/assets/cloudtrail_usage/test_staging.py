"""The folder that events are staged in: whatever a killed process leaves is removed by the next, and nothing else."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assets.cloudtrail_usage.staging import staging_folder

_HOLD = """
import sys
from pathlib import Path
from assets.cloudtrail_usage.staging import staging_folder
with staging_folder(Path(sys.argv[1])) as folder:
    (folder / "day-1").mkdir()
    (folder / "day-1" / "rows-1.parquet").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    return tmp_path / ".staging"


def test_it_is_gone_however_it_ends(parent: Path) -> None:
    with pytest.raises(KeyboardInterrupt), staging_folder(parent) as folder:
        (folder / "rows").touch()
        raise KeyboardInterrupt
    assert list(parent.iterdir()) == []


def test_what_another_process_holds_stays_until_it_is_killed(parent: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(parent)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    held = Path(other.stdout.readline().strip())
    with staging_folder(parent) as folder:
        assert set(parent.iterdir()) == {folder, held}
        assert (held / "day-1" / "rows-1.parquet").exists()
    other.send_signal(signal.SIGKILL)
    other.communicate()
    assert list(parent.iterdir()) == [held]
    with staging_folder(parent) as folder:
        assert list(parent.iterdir()) == [folder]


def test_what_is_left_of_a_removal_that_was_killed_is_removed(parent: Path) -> None:
    (parent / "logs-half" / "day-1").mkdir(parents=True)
    with staging_folder(parent) as folder:
        assert list(parent.iterdir()) == [folder]
