"""Which runs make role sessions: every day that was asked for in one of them, and nothing else."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assets.partitions import Partition
from pipeline.session_steps import PARTITIONS_A_RUN, session_steps

ORDER = ["333333333333", "111111111111", "555555555555", "222222222222"]
ACCOUNTS = [*ORDER, "444444444444"]
FIRST = date(2026, 6, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(9)]


def product(keys: tuple[Partition, ...]) -> list[Partition]:
    """Return what Dagster makes of a range from the first to the last: days of accounts in the order of `ORDER`."""
    one, two = keys[0], keys[-1]
    if one.account == two.account:
        accounts = [one.account]
    else:
        accounts = ORDER[ORDER.index(one.account) : ORDER.index(two.account) + 1]
    span = [one.day + timedelta(days=n) for n in range((two.day - one.day).days + 1)]
    return [Partition(day, account) for account in accounts for day in span]


@given(
    st.dictionaries(st.sampled_from(ACCOUNTS), st.lists(st.sampled_from(DAYS), unique=True)),
    st.integers(1, 4),
)
def test_the_ranges_are_what_was_asked_for(wanted: dict[str, list[date]], days_a_run: int) -> None:
    made: list[Partition] = []
    for step in session_steps(wanted, ORDER, days_a_run):
        partitions = tuple(one for one in step.partitions if isinstance(one, Partition))
        assert list(partitions) == product(partitions)
        assert len({one.day for one in partitions}) <= days_a_run
        made += partitions
    assert sorted(made) == sorted(Partition(day, account) for account, days in wanted.items() for day in days)


def test_accounts_that_want_the_same_days_share_a_run() -> None:
    steps = session_steps(dict.fromkeys(reversed(ORDER), DAYS), ORDER)
    assert [len(step.partitions) for step in steps] == [len(ORDER) * len(DAYS)]
    assert steps[0].what == "role sessions of 4 accounts"


def test_an_account_between_that_wants_nothing_is_left_out() -> None:
    steps = session_steps({account: DAYS for account in ORDER if account != ORDER[1]}, ORDER)
    assert [step.what for step in steps] == [f"role sessions, {ORDER[0]}", "role sessions of 2 accounts"]


def test_a_run_of_many_accounts_holds_fewer_days() -> None:
    order = [f"{n:012}" for n in range(400)]
    steps = session_steps(dict.fromkeys(order, DAYS), order, 31)
    assert [len({one.key for one in step.partitions}) for step in steps] == [800, 800, 800, 800, 400]
    assert all(len(step.partitions) <= PARTITIONS_A_RUN for step in steps)


def test_one_day_of_more_accounts_than_that_is_one_run() -> None:
    order = [f"{n:012}" for n in range(PARTITIONS_A_RUN + 1)]
    assert len(session_steps(dict.fromkeys(order, DAYS[:1]), order)) == 1
