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

    @property
    def measures(self) -> dict[str, float]:
        """What is asked how it grows."""
        return {
            "accounts": self.accounts,
            "events": self.events,
            "seconds": self.run.wall,
            "CPU seconds": self.run.cpu,
            "peak MB of a process": self.run.peak_mb,
            "MB on disk": self.stored / 1e6,
        }


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
    few, many = days[0], days[-1]
    head = [
        "accounts",
        "events",
        "seconds",
        "seconds an account",
        "events/s",
        "peak MB of a process",
        "MB on disk",
    ]
    yield from table(head, rows)
    yield (
        f"How it grows from {few.accounts} to {many.accounts} accounts (on disk are all files below `storage.root`, pages"
        " and their CSV included):"
    )
    yield ""
    grown = {name: value / few.measures[name] for name, value in many.measures.items()}
    yield from table(list(grown), [[f"{times:.1f} times" for times in grown.values()]])
    yield "Seconds by stage, added up over the processes that worked on accounts side by side:"
    yield ""
    names = sorted({name for one in days for name in one.stages}, key=lambda name: -many.stages.get(name, 0))
    yield from table(
        ["stage", *(f"{one.accounts} accounts" for one in days), "times"],
        [
            [
                f"`{name}`",
                *(f"{one.stages.get(name, 0):,.1f}" for one in days),
                f"{many.stages[name] / few.stages[name]:.1f}" if few.stages.get(name) else "",
            ]
            for name in names
        ],
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
    stored = sum(file.stat().st_size for file in (folder / "lake").rglob("*") if file.is_file())
    return _Day(accounts, events, made, stages, stored)
