"""An answer from tables that are there, start of the interpreter included."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.measure import CHECKOUT, COMMAND, Run, middle, peak, run, table
from benchmarks.population import account_id, users
from benchmarks.sizes import Sizes

_SAMPLE = CHECKOUT / "data_files" / "sample" / "config.yaml"
_EVENTS_A_DAY = 300
_QUESTIONS = 5
# After a run of so many days the tables of the first account are there.
_SHAPE = ("--roles", "20", "--users", "5", "--policies", "30")


def measure(sizes: Sizes) -> Iterator[str]:
    """Yield the lines of the section."""
    days, accounts = sizes.year
    asked = {
        "the sample: `--user alice`": (_sample(sizes), "demo", "alice"),
        f"{days} days of {accounts} accounts in the lake: `--user {_user()}`": (
            _year(sizes, days, accounts),
            "account-0",
            _user(),
        ),
    }
    yield "## Answers"
    yield ""
    yield (
        "`cloudtracker --account NAME --user NAME`, seconds from the start of the interpreter to its end, all tables"
        " being there. The large lake holds the real tables of one account, and hard links to them as those of the"
        " others: as many files in as many folders. *another window* is computed, not read."
    )
    yield ""
    rows = []
    for name, (config, account, user) in asked.items():
        words = [*COMMAND, "--config", config, "--account", account]
        home = sizes.data / "dagster"
        for what, more in {
            "": ["--user", user],
            ", another window": ["--user", user, "--start", _day_before_last(config)],
            ", `--list roles`": ["--list", "roles"],
        }.items():
            run([*words, *more], home=home)
            runs: list[Run] = [run([*words, *more], home=home) for _ in range(_QUESTIONS)]
            rows.append(
                [
                    name + what,
                    f"{middle(runs):.2f}",
                    f"{min(one.cpu for one in runs):.2f}",
                    f"{peak(runs):,.0f}",
                ]
            )
    yield from table(["", "seconds", "CPU seconds", "peak MB"], rows)


def _user() -> str:
    return users(account_id(0), 1)[0].name


def _day_before_last(config: Path) -> str:
    text = next(
        line for line in config.read_text(encoding="utf-8").splitlines() if line.startswith("as_of: ")
    )
    return str(date.fromisoformat(text.split()[1]) - timedelta(days=1))


def _sample(sizes: Sizes) -> Path:
    """Return the configuration of a copy of the sample whose tables are there."""
    folder = sizes.data / "sample"
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(_SAMPLE.parent, folder)
        config = folder / "config.yaml"
        text = config.read_text(encoding="utf-8").replace("../../cloudtracker-data/sample", "./lake")
        config.write_text(text, encoding="utf-8")
        run([*COMMAND, "run", "--account", "all", "--config", config], home=sizes.data / "dagster")
        (folder / "whole").touch()
    return folder / "config.yaml"


def _year(sizes: Sizes, days: int, accounts: int) -> Path:
    """Return the configuration of a lake that holds so many days of so many accounts."""
    folder = sizes.data / f"year-{days}-{accounts}"
    config = folder / "config.yaml"
    if (folder / "whole").exists():
        return config
    shutil.rmtree(folder, ignore_errors=True)
    # The last day must not lie in the future: Dagster's partitions end with today.
    first = str(datetime.now(UTC).date() - timedelta(days=days))
    words = ["--events", str(_EVENTS_A_DAY * days), "--days", str(days), "--first", first, *_SHAPE]
    run(["-m", "benchmarks.generate", "organisation", folder, *words])
    # Without --from it would be the 90 days of the window.
    run(
        [*COMMAND, "run", "--account", "all", "--from", first, "--config", config],
        home=sizes.data / "dagster",
    )
    mine = account_id(0)
    for file in list((folder / "lake").glob(f"*/day=*/account={mine}/*.parquet")):
        for n in range(1, accounts):
            copy = file.parent.parent / f"account={account_id(n)}" / file.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, copy)
    with config.open("a", encoding="utf-8") as file_of_accounts:
        for n in range(1, accounts):
            file_of_accounts.write(f'  - {{name: account-{n}, id: "{account_id(n)}", iam: iam/0.json}}\n')
    # The configuration is newer than the tables now, and that makes them stale: they were made from it, though.
    run(
        [*COMMAND, "run", "--account", "account-0", "--missing-only", "--config", config],
        home=sizes.data / "dagster",
    )
    (folder / "whole").touch()
    return config
