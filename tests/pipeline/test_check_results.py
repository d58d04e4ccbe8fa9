import errno
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.errors import StorageError
from assets.table_checks.results import CHECK_RESULTS
from pipeline.check_results import last, store
from pipeline.lake import Lake
from tests.build import ACCOUNT

CHECKED = datetime(2026, 7, 1, tzinfo=UTC)


def test_a_damaged_file_is_named_and_no_other(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake[1]")
    rows = [
        (table, date(2026, 6, 30), ACCOUNT, "is_stored", "error", True, "", CHECKED)
        for table in ("cloudtrail_usage", "expanded_grants", "principal_diffs")
    ]
    store(lake, pl.DataFrame(rows, schema=CHECK_RESULTS, orient="row"))
    assert last(lake)["table"].to_list() == [row[0] for row in rows]
    whole, damaged, _ = sorted(tmp_path.rglob("*.parquet"))
    damaged.write_bytes(b"PAR1 and no more")
    with pytest.raises(StorageError) as refused:
        last(lake)
    assert str(refused.value).startswith(f"{damaged}: cannot be read: ")
    assert "where it is damaged delete it: 'cloudtracker checks --run' makes it again" in str(refused.value)
    assert str(whole) not in str(refused.value)


def test_a_folder_that_may_not_be_looked_at_is_not_taken_for_one_without_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    row = ("cloudtrail_usage", date(2026, 6, 30), ACCOUNT, "is_stored", "error", False, "", CHECKED)
    store(lake, pl.DataFrame([row], schema=CHECK_RESULTS, orient="row"))
    assert last(lake, table="expanded_grants").is_empty()

    def refuse(_: Any) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "listdir", refuse)
    monkeypatch.setattr(os, "scandir", refuse)
    for table in (None, "cloudtrail_usage"):
        with pytest.raises(StorageError, match="check_results.*: cannot be read: Permission denied"):
            last(lake, table=table)
