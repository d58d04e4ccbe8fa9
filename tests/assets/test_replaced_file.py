import os
import resource
from pathlib import Path

import pytest

from assets.errors import StorageError
from assets.replaced_file import replace_file, replacing


def test_it_is_there_whole_readable_by_others_and_alone(tmp_path: Path) -> None:
    file = tmp_path / "made" / "file"
    for data in (b"first", b"second"):
        replace_file(file, data)
        assert (file.read_bytes(), file.stat().st_mode & 0o777, len(list(file.parent.iterdir()))) == (
            data,
            0o644,
            1,
        )


def test_what_fails_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    replace_file(file, b"old")
    with pytest.raises(ZeroDivisionError), replacing(file) as new:
        new.write(b"half of")
        raise ZeroDivisionError
    monkeypatch.setattr(os, "fsync", lambda _: os.write(-1, b""))
    with pytest.raises(StorageError, match="file: cannot be written: Bad file descriptor; check the folder"):
        replace_file(file, b"new")
    assert [(path, path.read_bytes()) for path in tmp_path.iterdir()] == [(file, b"old")]


def test_an_error_of_what_is_read_meanwhile_is_not_told_as_one_of_writing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="elsewhere"), replacing(tmp_path / "file") as new:
        new.write((tmp_path / "elsewhere").read_bytes())
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_in_the_middle_is_told_as_an_error_of_the_file(tmp_path: Path) -> None:
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most[1]))
    try:
        with (
            pytest.raises(StorageError, match="file: cannot be written: File too large"),
            replacing(tmp_path / "file") as new,
        ):
            new.write(b"more than what is held back" * 1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert list(tmp_path.iterdir()) == []
