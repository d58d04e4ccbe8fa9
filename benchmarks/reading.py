"""Reading logs: ours with one process and one a core, the limit, and what others need for the same."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import COMPETITORS, Run, in_turns, middle, peak, run, table
from benchmarks.sizes import Sizes

_CONTENDERS = Path(__file__).parent / "contenders"
# Of the smallest size: they hold everything in memory, or take an hour for more.
_WHOLE = {
    "DuckDB, to one table": ("duckdb_logs.py", "1"),
    "Polars, to one table": ("polars_logs.py", "1"),
}
# Of all sizes but the largest.
_STREAMING = {
    "stdlib gzip + json, to one table": ("plain.py", "one"),
    "stdlib gzip + json, to all tables": ("plain.py", "tables"),
    "trailscraper, its load": ("trailscraper_logs.py", "load"),
    "trailscraper, to one table": ("trailscraper_logs.py", "one"),
    "trailscraper, to all tables": ("trailscraper_logs.py", "tables"),
}
LIMIT, ONE, ALL = "isal + simdjson, parsed only", "CloudTracker, one process", "CloudTracker, {} processes"


def measure(sizes: Sizes) -> Iterator[str]:
    """Yield the lines of the section."""
    yield "## Reading logs"
    yield ""
    yield (
        "One day of one account with 300 roles and 60 users. CloudTracker's figures include every table (usage,"
        " assumptions, sessions, coverage, rejected records) and its Parquet. *To one table*: distinct events by"
        " principal, call and outcome, with the first and last time. *To all tables*: the rows of usage, assumptions"
        " and sessions and the counts of coverage, which a test compares with CloudTracker's; in memory, nothing is"
        " written. *of the limit* is per core: CPU seconds of decompressing and parsing alone, divided by CPU seconds of the contender."
    )
    yield ""
    for events in sizes.events:
        yield from _of(sizes, events)
    yield from _memory(sizes)


def _memory(sizes: Sizes) -> Iterator[str]:
    yield "### Memory"
    yield ""
    yield "Of the largest process, in MB: it should hardly depend on how many events a day has."
    yield ""
    cores, few, many = os.cpu_count() or 1, sizes.few_events, max(sizes.events)
    rows = []
    for workers, name in ((1, ONE), (cores, ALL.format(cores))):
        small, large = (_peak_of_ours(sizes, events, workers) for events in (few, many))
        rows.append([name, f"{small:,.0f}", f"{large:,.0f}", f"{large / small:.2f}"])
    yield from table(["", f"{few:,} events", f"{many:,} events", "times"], rows)


def _peak_of_ours(sizes: Sizes, events: int, workers: int) -> float:
    return run(["-m", "benchmarks.read_logs", logs_of(sizes, events), str(workers)]).peak_mb


def logs_of(sizes: Sizes, events: int) -> Path:
    """Return generated logs of so many events of one day, made once."""
    folder = sizes.data / f"logs-{events}"
    if not (folder / "whole").exists():
        run(["-m", "benchmarks.generate", "logs", folder, "--events", str(events)])
        (folder / "whole").touch()
    return folder


def _of(sizes: Sizes, events: int) -> Iterator[str]:
    logs = logs_of(sizes, events)
    cores = os.cpu_count() or 1
    contenders = {
        LIMIT: partial(_other, logs, ("limit.py",)),
        ONE: partial(run, ["-m", "benchmarks.read_logs", logs, "1"]),
        ALL.format(cores): partial(run, ["-m", "benchmarks.read_logs", logs, str(cores)]),
    }
    others = dict(_STREAMING) if events < max(sizes.events) else {}
    if events == min(sizes.events):
        others |= _WHOLE
    contenders |= {name: partial(_other, logs, words) for name, words in others.items()}
    done = in_turns(contenders, sizes.rounds)
    counted = {int(runs[0].said["events"]) for name, runs in done.items() if "table" in name or name == ONE}
    if counted != {events}:
        raise ValueError(f"contenders disagree on how many distinct events {logs} holds: {counted}")
    size = int(done[LIMIT][0].said["bytes"]) / 1e6
    limit = min(one.cpu for one in done[LIMIT])
    rows = []
    for name, runs in done.items():
        seconds = middle(runs)
        rows.append(
            [
                name,
                f"{events / seconds:,.0f}",
                f"{size / seconds:,.0f}",
                f"{limit / min(one.cpu for one in runs):.2f}",
                f"{seconds / middle(done[ONE]):.1f}",
                f"{peak(runs):,.0f}",
            ]
        )
    yield f"### {events:,} events ({size:,.0f} MB of JSON)"
    yield ""
    yield from table(
        ["", "events/s", "MB/s", "of the limit", "times CloudTracker's", "peak MB of a process"], rows
    )


def _other(logs: Path, words: tuple[str, ...]) -> Run:
    name, *before = words
    # DuckDB and Polars are told how many threads behind the folder, trailscraper what to do before it.
    arguments = [logs, *before] if before and before[0].isdigit() else [*before, logs]
    return run([_CONTENDERS / name, *arguments], python=COMPETITORS)
