"""A day in an organisation: one `cloudtracker run` over all accounts, from nothing to trends."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import COMMAND, Run, run, table
from benchmarks.sizes import Sizes

# An account of an organisation.
_ROLES, _USERS, _POLICIES = 40, 10, 60


@dataclass(frozen=True)
class _Day:
    accounts: int
    events: int
    run: Run
    stages: dict[str, float]
    stored: int


def measure(sizes: Sizes) -> Iterator[str]:
    """Yield the lines of the section."""
    days = [_measured(sizes, accounts, events) for accounts, events in sizes.organisations]
    yield "## A day in an organisation"
    yield ""
    yield (
        f"`cloudtracker run --account all` for one day, each account with {_ROLES} roles, {_USERS} users and {_POLICIES}"
        " policies: every table from logs to trends and report, nothing being there before."
    )
    yield ""
    rows = [
        [
            one.accounts,
            f"{one.events:,}",
            f"{one.run.wall:,.1f}",
            f"{one.run.wall / one.accounts:.2f}",
            f"{one.events / one.run.wall:,.0f}",
            f"{one.run.peak_mb:,.0f}",
            f"{one.stored / 1e6:,.1f}",
        ]
        for one in days
    ]
    head = [
        "accounts",
        "events",
        "seconds",
        "seconds an account",
        "events/s",
        "peak MB of a process",
        "MB of tables",
    ]
    yield from table(head, rows)
    yield "Seconds by stage:"
    yield ""
    names = sorted(
        {name for one in days for name in one.stages}, key=lambda name: -days[-1].stages.get(name, 0)
    )
    yield from table(
        ["stage", *(f"{one.accounts} accounts" for one in days)],
        [[f"`{name}`", *(f"{one.stages.get(name, 0):,.1f}" for one in days)] for name in names],
    )


def _measured(sizes: Sizes, accounts: int, events: int) -> _Day:
    folder = sizes.data / f"organisation-{accounts}"
    if not (folder / "whole").exists():
        words = [
            "--events",
            events,
            "--accounts",
            accounts,
            "--roles",
            _ROLES,
            "--users",
            _USERS,
            "--policies",
            _POLICIES,
        ]
        run(["-m", "benchmarks.generate", "organisation", folder, *map(str, words)])
        (folder / "whole").touch()
    shutil.rmtree(folder / "lake", ignore_errors=True)
    config = folder / "config.yaml"
    with tempfile.TemporaryDirectory() as home:
        made = run([*COMMAND, "run", "--account", "all", "--config", config], home=Path(home))
        stages = run(["-m", "benchmarks.stages"], home=Path(home)).said
    stored = sum(file.stat().st_size for file in (folder / "lake").rglob("*.parquet"))
    return _Day(accounts, events, made, stages, stored)
