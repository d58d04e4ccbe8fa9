from types import SimpleNamespace
from typing import Any

import pytest

from assets.cloudtrail_usage.athena import cleanup
from assets.cloudtrail_usage.athena.log_table import PREFIX


def test_tables_of_others_are_told_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [f"sales_{n:02}" for n in range(20)]
    tables = [(name,) for name in (*reversed(others), f"{PREFIX}0a")]
    monkeypatch.setattr(cleanup, "count_below", lambda *_, **__: 0)
    athena: Any = SimpleNamespace(
        database="shared",
        bucket="results",
        staging="",
        place=SimpleNamespace(region=None),
        statement=lambda sql: tables if sql.startswith("SHOW TABLES") else [("shared",)],
    )
    found = cleanup.find_traces(athena)
    assert (list(found.others), found.tables) == (others, (f"{PREFIX}0a",))
