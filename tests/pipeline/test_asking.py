"""What a question makes: the diff that it is answered from, and what was made from that diff before."""

from datetime import date

import pytest

from assets.partitions import Partition
from pipeline.lake import Lake
from pipeline.plan import configured_at
from pipeline.settings import load_settings
from pipeline.trend_plan import history_is_stale, stale_trends
from tests.build import ACCOUNT, allow, iam, record, user
from tests.conftest import Account, Ask

ALICE = user("alice", allow("iam:GetUser", "iam:ListUsers"))
LAST = date(2026, 6, 30)


@pytest.fixture
def demo(account: Account) -> Account:
    """One user, one event, a window of five days."""
    account.write_iam(iam(ALICE))
    account.log(record(ALICE, "iam:GetUser", "2026-06-29T10:00:00Z"))
    return account


@pytest.mark.parametrize("end", ["2026-06-30", "2026-06-29"])
def test_a_diff_that_is_made_again_takes_along_what_follows_from_it(
    demo: Account, ask: Ask, end: str
) -> None:
    assert ask("run", "--account", "demo", "--from", "2026-06-29").code == 0
    lake, day = Lake(demo.root), Partition(date.fromisoformat(end), ACCOUNT)
    before = lake.written_at("principal_diffs", day)
    # The window begins before the first day that was made: its days come to it, and are empty.
    assert ask("--account", "demo", "--list", "users", "--end", end).code == 0
    assert lake.partitions("cloudtrail_usage")[0].day < date(2026, 6, 27)
    after = lake.written_at("principal_diffs", day)
    assert before is not None and after is not None and before < after
    configured = configured_at(load_settings(demo.config))
    assert stale_trends(lake, ACCOUNT, [date(2026, 6, 29), LAST], [], configured) == []
    assert not history_is_stale(lake, ACCOUNT)
    checked = ask("checks", "--run", "--account", "demo")
    assert "was written later" not in checked.out


def test_what_nobody_made_is_not_begun(demo: Account, ask: Ask) -> None:
    answer = ask("--account", "demo", "--list", "users")
    assert (answer.code, answer.lines) == (0, ["  alice"])
    lake = Lake(demo.root)
    assert lake.partitions("principal_diffs") == [Partition(LAST, ACCOUNT)]
    assert lake.partitions("permission_trends") == [] and lake.cuts("permission_history") == []
