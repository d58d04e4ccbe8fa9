"""Who is behind a session: every JSON case below tests/cases/role_sessions, read by one loop."""

import json
import random
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.errors import StorageError
from assets.role_sessions.schema import CERTAINTIES, LINKS, ROLE_SESSIONS
from assets.role_sessions.sessions import sessions_of
from tests.assets.role_sessions.frames import assumptions, usage
from tests.conftest import CHECKOUT

CASES = sorted((CHECKOUT / "tests" / "cases" / "role_sessions").glob("*.json"))


def _case(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _made(case: dict[str, Any], day: str, shuffle: int | None = None) -> pl.DataFrame:
    told, used = assumptions(case["assumptions"]), usage(case["usage"])
    if shuffle is not None:
        told = told.sample(fraction=1, shuffle=True, seed=shuffle)
        used = used.sample(fraction=1, shuffle=True, seed=shuffle)
    # Not staged: the day is made at once.
    return sessions_of(told, used, date.fromisoformat(day), Path("/nonexistent"))


def _as_text(value: Any) -> Any:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if hasattr(value, "strftime") else value


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = _case(path)
    for day, expected in case["expected"].items():
        made = _made(case, day)
        assert made.schema == pl.Schema({"account": pl.String(), **ROLE_SESSIONS})
        rows = [{name: _as_text(value) for name, value in row.items()} for row in made.to_dicts()]
        shown = [{name: row[name] for name in wanted} for row, wanted in zip(rows, expected, strict=False)]
        assert shown == expected, rows
        assert len(rows) == len(expected), rows


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_said_is_of_the_closed_sets_and_no_event_is_lost(path: Path) -> None:
    case = _case(path)
    for day in case["expected"]:
        made = _made(case, day)
        assert set(made["link"]) <= set(LINKS)
        assert set(made["certainty"]) <= set(CERTAINTIES)
        assert set(made["kind"]) <= {"person", "service", "unknown"}
        assert made.select("account", "session_id").is_unique().all()
        seen = usage(case["usage"]).filter(pl.col("day") == date.fromisoformat(day))
        assert made["events"].sum() == seen["events"].sum()
        assert made.select(pl.sum_horizontal("ok_events", "denied_events", "error_events").sum()).item() == (
            seen["events"].sum()
        )


@settings(max_examples=25, deadline=None)
@given(path=st.sampled_from(CASES), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_nothing(path: Path, seed: int) -> None:
    case = _case(path)
    for day in case["expected"]:
        assert _made(case, day, seed).equals(_made(case, day))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_all_cases_at_once_are_what_each_is_alone(seed: int) -> None:
    """Accounts and ids of the cases differ, so that whatever one holds must not touch another."""
    chosen = [_apart(_case(path), number) for number, path in enumerate(random.Random(seed).sample(CASES, 4))]
    both = {kind: [row for case in chosen for row in case[kind]] for kind in ("assumptions", "usage")}
    days = {day for case in chosen for day in case["expected"]}
    together = {day: _made(both, day, seed) for day in days}
    for case in chosen:
        for day in case["expected"]:
            alone = _made(case, day)
            ids = alone["session_id"].to_list()
            assert together[day].filter(pl.col("session_id").is_in(ids)).equals(alone)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows_at_a_time=st.integers(1, 5))
def test_sessions_made_in_parts_are_those_made_together(seed: int, rows_at_a_time: int) -> None:
    chosen = [_apart(_case(path), number) for number, path in enumerate(random.Random(seed).sample(CASES, 4))]
    told = assumptions([row for case in chosen for row in case["assumptions"]])
    used = usage([row for case in chosen for row in case["usage"]])
    for day in {date.fromisoformat(day) for case in chosen for day in case["expected"]}:
        whole = sessions_of(told, used, day, Path("/nonexistent"))
        # A name that Polars would take for a pattern.
        with TemporaryDirectory(suffix="[1]*") as staging:
            assert sessions_of(told, used.lazy(), day, Path(staging), rows_at_a_time).equals(whole)
            assert list(Path(staging).iterdir()) == []


def _apart(case: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the case with ids, accounts and names of its own."""
    text = json.dumps({kind: case[kind] for kind in ("assumptions", "usage")})
    for word in ("AROA", "AIDA"):
        text = text.replace(word, f"{word}{number}")
    for name in (
        "event_id",
        "shared_event_id",
        "key",
        "caller_key",
        "source_identity",
        "caller_source_identity",
    ):
        text = text.replace(f'"{name}": "', f'"{name}": "{number}')
    text = text.replace(f'"{number}"', '""')
    return {**json.loads(text), "expected": case["expected"]}


def test_staging_that_cannot_be_written_is_an_error_that_names_it() -> None:
    case = _case(CASES[0])
    day = date.fromisoformat(next(iter(case["expected"])))
    told, used = assumptions(case["assumptions"]), usage(case["usage"])
    with pytest.raises(StorageError, match="/dev/null/staging: cannot be written"):
        sessions_of(told, used, day, Path("/dev/null/staging"), 1)
