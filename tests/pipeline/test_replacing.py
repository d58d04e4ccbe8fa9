"""Files that are replaced: the old one or the new one, and nothing that stays beside them."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.replacing import remove_left_behind, replaced

# Writes half of a file and says so; then it is killed.
_WRITER = """
import sys, time
from pathlib import Path
from pipeline.replacing import replaced
root = Path(sys.argv[1])
with replaced(root / "table" / "file", root) as temporary:
    temporary.write_text("half")
    print("written", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "table"
    folder.mkdir()
    (folder / "file").write_text("old")
    return folder / "file"


def _left(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_the_new_file_takes_the_place_of_the_old_one(file: Path, tmp_path: Path) -> None:
    with replaced(file, tmp_path, 1_750_000_000.5) as temporary:
        temporary.write_text("new")
        assert file.read_text() == "old"
        assert temporary.name.startswith(".") and temporary.parent == file.parent
    assert file.read_text() == "new"
    assert file.stat().st_mtime == 1_750_000_000.5
    assert _left(tmp_path) == ["file"]


def test_an_error_leaves_the_old_file(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), replaced(file, tmp_path) as temporary:
        temporary.write_text("new")
        raise ZeroDivisionError
    assert file.read_text() == "old"
    assert _left(tmp_path) == ["file"]


def test_writers_of_the_same_process_id_do_not_share_what_they_write(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in two containers that share a lake.
    monkeypatch.setattr("os.getpid", lambda: 7)
    with replaced(file, tmp_path) as first, first.open("w") as mine:
        mine.write("first, ")
        with replaced(file, tmp_path) as second:
            second.write_text("second, half of it")
            mine.write("whole")
            mine.close()
            assert file.read_text() == "old"
            second.write_text("second, whole")
        assert file.read_text() == "second, whole"
    assert file.read_text() == "first, whole"
    assert _left(tmp_path) == ["file"]


def test_what_a_killed_process_left_goes_and_what_a_live_one_writes_stays(file: Path, tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None and writer.stdout.readline() == "written\n"
    [half] = file.parent.glob(".file.*.tmp")
    remove_left_behind(tmp_path)
    assert half.read_text() == "half"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert half.exists()
    remove_left_behind(tmp_path)
    assert _left(tmp_path) == ["file"]
    assert file.read_text() == "old"


@pytest.mark.parametrize("said", ["table/file", "../outside.tmp", "/etc/outside.tmp", "\0", ""])
def test_a_note_that_names_something_else_removes_nothing(file: Path, tmp_path: Path, said: str) -> None:
    outside = tmp_path.parent / "outside.tmp"
    outside.touch()
    (tmp_path / ".staging").mkdir()
    (tmp_path / ".staging" / "writing-1").write_text(said)
    remove_left_behind(tmp_path)
    assert file.read_text() == "old" and outside.exists()


def test_outside_of_a_lake_nothing_is_noted(file: Path) -> None:
    with replaced(file) as temporary:
        temporary.write_text("new")
        assert [path.name for path in file.parent.parent.iterdir()] == ["table"]
    assert [path.name for path in file.parent.iterdir()] == ["file"]
