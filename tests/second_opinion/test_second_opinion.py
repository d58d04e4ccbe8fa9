"""A few seeds: what the command makes is what the second opinion says. `test_many_seeds` has many more."""

from pathlib import Path

import pytest

from tests.conftest import Account
from tests.second_opinion.checked import checked
from tests.second_opinion.compare import told


@pytest.mark.parametrize("seed", [3, 20])
def test_the_tables_are_those_of_the_second_opinion(seed: int, account: Account, facts: Path) -> None:
    opinion = checked(seed, account.folder, facts)
    assert not opinion.differences, told(seed, opinion.differences)
