"""The runs that make role sessions: those of many accounts together, as each day is read from all of them anyway.

No Dagster in here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise

from assets.partitions import Partition
from pipeline.plan import ranges
from pipeline.session_plan import SESSIONS
from pipeline.steps import Step, cut_into

PARTITIONS_A_RUN = 1000
"""Most partitions of one run: what is told of them is kept until it ends. A day of all accounts may be more."""


def session_steps(
    wanted: Mapping[str, Iterable[date]], order: Sequence[str], days_a_run: int | None = None
) -> list[Step]:
    """Return the runs that make the role sessions of these days, by account id; none of more than `days_a_run` days.

    `order`: Dagster's order of accounts. A run is a range of days of a range of accounts: accounts that follow one
    another there and want the same days share one. The sessions of a day are found out for all accounts at once: a
    run for each of them would find all of them out as many times as there are accounts.
    """
    # One that is not registered yet comes last, by itself.
    places = {account: 2 * n for n, account in enumerate(sorted(wanted), len(order))}
    places |= {account: n for n, account in enumerate(order)}
    accounts_of: dict[date, list[str]] = {}
    for account in sorted(wanted, key=places.__getitem__):
        for day in wanted[account]:
            accounts_of.setdefault(day, []).append(account)
    days_of: dict[tuple[str, ...], list[date]] = {}
    for day, accounts in accounts_of.items():
        for neighbours in _neighbours(accounts, places):
            days_of.setdefault(neighbours, []).append(day)
    return [
        Step(
            f"role sessions of {len(accounts)} accounts"
            if len(accounts) > 1
            else f"role sessions, {accounts[0]}",
            (SESSIONS,),
            tuple(Partition(day, account) for account in accounts for day in part.days),
        )
        for accounts, days in days_of.items()
        for window in ranges(days)
        for part in cut_into(window, _days(len(accounts), days_a_run))
    ]


def _neighbours(accounts: Sequence[str], places: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Cut accounts, in order, where one lies between two of them that is not among them."""
    cuts = [n for n, (one, two) in enumerate(pairwise(accounts), 1) if places[two] - places[one] != 1]
    edges = [0, *cuts, len(accounts)]
    return [tuple(accounts[a:b]) for a, b in pairwise(edges)]


def _days(accounts: int, days_a_run: int | None) -> int:
    most = max(1, PARTITIONS_A_RUN // accounts)
    return min(most, days_a_run) if days_a_run else most
