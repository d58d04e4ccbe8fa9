"""Two opinions row by row: every difference as a line that a person can follow up."""

from collections.abc import Iterator
from typing import Any

from tests.second_opinion.opinion import Rows, Tables
from tests.second_opinion.oracle.verdicts import ANY_OF_TWO


def differences(seed: int, expected: Tables, made: Tables) -> list[str]:
    """Return a line for each row that only one side has, and for each value of which they differ.

    Compared is every column that the expected row has.
    """
    return [
        f"seed {seed}, {table}, {day}: {line}"
        for table, days in expected.by_name.items()
        for day, rows in days.items()
        for line in _of_rows(rows, made.by_name[table][day])
    ]


def told(seed: int, found: list[str], most: int = 30) -> str:
    """Return the differences as text, with how to look at them again."""
    lines = [f"seed {seed}: {len(found)} differences", *found[:most]]
    if len(found) > most:
        lines.append(f"... and {len(found) - most} more")
    return "\n".join([*lines, f"again: .venv/bin/python -m tests.second_opinion --keep FOLDER {seed}"])


def _of_rows(expected: Rows, made: Rows) -> Iterator[str]:
    for key in sorted({*expected, *made}, key=repr):
        name = " ".join(map(str, key))
        if key not in made:
            yield f"{name}: is missing, expected {_shown(expected[key])}"
        elif key not in expected:
            yield f"{name}: is too much: {_shown(made[key])}"
        else:
            for column, value in expected[key].items():
                if not _same(column, value, made[key][column]):
                    yield f"{name}: {column} is {made[key][column]}, expected {value}"


def _same(column: str, expected: Any, made: Any) -> bool:
    either = column == "reason" and expected == ANY_OF_TWO
    return bool(expected == made) or (either and made in ("revoked", "possibly_resource_policy"))


def _shown(row: dict[str, Any]) -> str:
    shown = ("status", "reason", "events", "records", "files")
    return ", ".join(f"{name} {row[name]}" for name in shown if name in row)
