"""Which roles were assumed: by whoever got credentials for them, told apart by id where the log has one."""

from datetime import UTC, datetime

import polars as pl
import pytest

from assets.cloudtrail_usage.schema import ROLE_ASSUMPTIONS
from assets.trend_report.assumed import assumed
from tests.assets.trend_report.account_days import arn, frame

ROLE = arn("deploy", "role")
PRINCIPALS = pl.DataFrame(
    {"principal_arn": [ROLE, arn("other", "role")], "principal_id": ["AROANEW", "AROAOTHER"]}
)


def _assumption(hour: int, role_id: str = "AROANEW", outcome: str = "ok") -> dict[str, object]:
    return {
        "event_id": str(hour),
        "event_time": datetime(2026, 6, 30, hour, tzinfo=UTC),
        "outcome": outcome,
        "role_arn": ROLE,
        "assumed_role_id": f"{role_id}:name" if role_id else role_id,
    }


@pytest.mark.parametrize(
    ("assumptions", "expected"),
    [
        ([_assumption(3), _assumption(9), _assumption(5)], (3, 9)),
        ([_assumption(3), _assumption(9, outcome="denied")], (1, 3)),
        ([_assumption(3), _assumption(9, "AROADELETED")], (1, 3)),
        ([_assumption(3, "")], (1, 3)),
        ([_assumption(9, "AROADELETED")], None),
        ([], None),
    ],
    ids=[
        "the last of all",
        "refused is not assumed",
        "an earlier role of the name",
        "no id",
        "only earlier",
        "none",
    ],
)
def test_who_got_credentials_is_counted(
    assumptions: list[dict[str, object]], expected: tuple[int, int] | None
) -> None:
    found = assumed(PRINCIPALS, frame(assumptions, ROLE_ASSUMPTIONS).lazy())
    rows = [(row["assumptions"], row["assumed_at"].hour) for row in found.to_dicts()]
    assert rows == ([expected] if expected else [])
    assert set(found["principal_arn"]) <= {ROLE}
