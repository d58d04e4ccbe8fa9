"""The comparison names what is wrong: rows are planted in tables that agreed, and values are changed in them."""

import copy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.second_opinion.compare import differences, told
from tests.second_opinion.facts import read_facts
from tests.second_opinion.opinion import Rows, Tables, second_opinion
from tests.second_opinion.scenarios import write_scenario

Change = Callable[[Any], Any]

# One wrong value a column that the oracle derives.
CHANGES: dict[str, dict[str, Change]] = {
    "principal_diffs": {
        "principal_id": lambda value: f"{value}X",
        "status": lambda value: "unused" if value != "unused" else "used",
        "reason": lambda value: "never_called" if value != "never_called" else "only_denied",
        "restricted": lambda value: not value,
        "first_used": lambda value: None if value else "some time",
        "last_used": lambda value: value + timedelta(microseconds=1) if value else "some time",
        "events": lambda value: value + 1,
        "denied_events": lambda value: value + 1,
        "error_events": lambda value: value + 1,
        "window_days": lambda value: value + 1,
        "covered_days": lambda value: value - 1,
        "access_level": lambda value: "List" if value != "List" else "Read",
    },
    "cloudtrail_usage": {
        "events": lambda value: value + 1,
        "first_seen": lambda value: value - timedelta(seconds=1),
        "last_seen": lambda value: value + timedelta(seconds=1),
        "error_codes": lambda value: [*value, "X"],
    },
    "log_coverage": {
        "files": lambda value: value + 1,
        "records": lambda value: value - 1,
        "duplicates": lambda value: value + 1,
        "doubtful": lambda value: value + 1,
        "complete": lambda value: not value,
    },
    "unmapped_events": {"events": lambda value: value + 1},
    "rejected_records": {"reason": lambda value: f"not_{value}"},
}
SEED = 3


@pytest.fixture(scope="module")
def opinion(facts: Path, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """What the second opinion says of a seed; the command is not asked."""
    read = read_facts(facts)
    return second_opinion(write_scenario(SEED, tmp_path_factory.mktemp("seed"), read), read)


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table, changes in CHANGES.items() for column in changes]
)
def test_a_wrong_value_is_named(table: str, column: str, opinion: Tables) -> None:
    made, rows = _copy(opinion, table)
    key = sorted(rows, key=repr)[len(rows) // 2]
    value = rows[key][column]
    wrong = CHANGES[table][column](value)
    rows[key][column] = wrong
    (line,) = differences(SEED, opinion, made)
    assert line.startswith(f"seed {SEED}, {table}, ")
    assert line.endswith(f"{' '.join(map(str, key))}: {column} is {wrong}, expected {value}")


@pytest.mark.parametrize("table", CHANGES)
def test_a_row_that_is_missing_or_too_much_is_named(table: str, opinion: Tables) -> None:
    made, rows = _copy(opinion, table)
    key = sorted(rows, key=repr)[0]
    lost = rows.pop(key)
    (line,) = differences(SEED, opinion, made)
    assert f"{' '.join(map(str, key))}: is missing, expected " in line
    rows |= {key: lost, (*key[:-1], "other"): lost}
    (line,) = differences(SEED, opinion, made)
    assert f"{' '.join(map(str, (*key[:-1], 'other')))}: is too much: " in line


def test_many_are_told_with_how_to_look_at_them_again(opinion: Tables) -> None:
    made, rows = _copy(opinion, "principal_diffs")
    rows.clear()
    lines = differences(SEED, opinion, made)
    text = told(SEED, lines, most=2)
    assert len(lines) > 3 and f"seed {SEED}: {len(lines)} differences" in text
    assert f"... and {len(lines) - 2} more" in text and f"tests.second_opinion --keep FOLDER {SEED}" in text


def _copy(opinion: Tables, table: str) -> tuple[Tables, Rows]:
    """Return a copy of the tables, and of a table in it the rows of the day that has most."""
    made = Tables(copy.deepcopy(opinion.by_name))
    return made, max(made.by_name[table].values(), key=len)
