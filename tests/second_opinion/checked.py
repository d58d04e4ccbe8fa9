"""One seed from the beginning to the end: written, run, judged by both and compared."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.second_opinion.compare import differences
from tests.second_opinion.facts import Facts, read_facts
from tests.second_opinion.made import made_tables, run_command
from tests.second_opinion.opinion import Tables, second_opinion
from tests.second_opinion.scenarios import Scenario, write_scenario


@dataclass(frozen=True)
class Checked:
    """A seed that was run: both opinions, and a line for each difference."""

    scenario: Scenario
    expected: Tables
    made: Tables
    differences: list[str]


def checked(seed: int, folder: Path, facts_root: Path) -> Checked:
    """Write and run a seed in a folder whose `lake` has the tables of facts; `facts_root` is a lake with the same."""
    facts = _facts(facts_root)
    scenario = write_scenario(seed, folder, facts)
    expected = second_opinion(scenario, facts)
    run_command(scenario)
    made = made_tables(scenario)
    return Checked(scenario, expected, made, differences(seed, expected, made))


@cache
def _facts(root: Path) -> Facts:
    return read_facts(root)
