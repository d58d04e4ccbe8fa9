from pathlib import Path

import polars as pl

from assets.cloudtrail_usage.spilled import Spilled, write_spilled


def test_a_folder_that_is_called_as_a_pattern_is_no_other(tmp_path: Path) -> None:
    rows = pl.DataFrame({"a": [1, 2]})
    for name, some in (("day1", rows[:1]), ("day[1]", rows)):
        write_spilled(some, tmp_path / name / "rows.arrow")
    table = Spilled(dict(rows.schema), (tmp_path / "day[1]" / "rows.arrow",))
    assert table.lazy().collect().equals(rows)
    assert table.moved(tmp_path / "moved*").lazy().collect().equals(rows)
