from pathlib import Path

import pytest

from assets.errors import StorageError
from assets.trend_report.days import Report
from pipeline.page_files import write_report


@pytest.mark.parametrize("name", ["page.csv", "page.html"])
def test_of_a_page_and_its_rows_the_one_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(StorageError, match=f"{tmp_path / name}: cannot be written: Is a directory"):
        write_report(Report(b"", ()), tmp_path / "page.html")


def test_both_are_written(tmp_path: Path) -> None:
    write_report(Report(b"<html>", ()), tmp_path / "new" / "page.html")
    files = {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()}
    assert files == {"page.html": b"<html>", "page.csv": b""}
