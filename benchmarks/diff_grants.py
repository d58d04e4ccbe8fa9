"""The diff of one large account: `prepare` makes its inputs, `measure` diffs them, Parquet included.

`python -m benchmarks.diff_grants prepare ROOT IAM GRANTS USAGE`, `python -m benchmarks.diff_grants measure ROOT DAYS`:
with the grants of so many days.
"""

import pipeline.cli.environment  # noqa: F401

# As the command: before anything that imports Polars.
# isort: split
import json
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl
from assets.aws_actions.catalogue import Catalogue
from assets.aws_actions.refresh import tables
from assets.cloudtrail_usage.schema import CLOUDTRAIL_USAGE, CLOUDTRAIL_USAGE_KEY, LOG_COVERAGE
from assets.expanded_grants.frames import expand_coded
from assets.iam_snapshots.principals import principals
from assets.iam_snapshots.snapshot import details_of, snapshot_rows
from assets.partitions import Partition
from assets.principal_diffs.days import DiffOptions, Tables, diff_days
from assets.principal_diffs.rules import VerdictRules
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake

from benchmarks.operations import operations
from benchmarks.population import account_id

_ACCOUNT = account_id(0)
_DAYS = [date(2026, 6, 1) + timedelta(days=n) for n in range(30)]
_END = Partition(_DAYS[-1], _ACCOUNT)


def prepare(root: Path, iam: Path, grants: int, usage: int) -> None:
    """Write a lake with so many grants of its last day and so many rows of usage over 30 days."""
    lake = Lake(root)
    aws_actions, iam_actions = tables(DATA_FILES)
    lake.write("aws_actions", aws_actions)
    lake.write("iam_actions", iam_actions)
    taken = datetime(2026, 6, 30, 23, tzinfo=UTC)
    snapshot = snapshot_rows(iam.read_bytes(), str(iam), taken, "configuration", _ACCOUNT)
    details = details_of(snapshot)
    expanded = expand_coded(details, Catalogue.from_frame(iam_actions))
    lake.write("iam_snapshots", snapshot, _END)
    lake.write("expanded_grants", expanded.grants.head(grants), _END)
    for day in _DAYS[:-1]:
        # Nothing changed on these days: the same file is that of each.
        path = lake.path("expanded_grants", Partition(day, _ACCOUNT))
        path.parent.mkdir(parents=True)
        path.hardlink_to(lake.path("expanded_grants", _END))
    lake.write("grant_sources", expanded.sources, _END)
    lake.write("grant_problems", expanded.problems, _END)
    people = principals(snapshot)
    for n, day in enumerate(_DAYS):
        count = usage * (n + 1) // len(_DAYS) - usage * n // len(_DAYS)
        lake.write("cloudtrail_usage", _usage(people, day, count), Partition(day, _ACCOUNT))
        lake.write("log_coverage", _coverage(), Partition(day, _ACCOUNT))


def _usage(people: pl.DataFrame, day: date, count: int) -> pl.DataFrame:
    random, calls = Random(str(day)), operations(1)
    who = people.select("principal_arn", "principal_id", "principal_type").rows()
    seen = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    rows: dict[tuple[object, ...], tuple[object, ...]] = {}
    while len(rows) < count:
        call = random.choice(calls)
        outcome = "ok" if random.random() < 0.98 else "denied"
        key = (*random.choice(who), call.source, call.name, outcome)
        arn, identifier, kind, source, name, outcome = key
        rows[key] = (
            arn, identifier, _ACCOUNT, kind, source, name, "AwsApiCall", outcome, False,
            random.randrange(1, 500), seen, seen, [], [], f"{random.getrandbits(128):032x}",
        )  # fmt: skip
    return pl.DataFrame(list(rows.values()), schema=CLOUDTRAIL_USAGE, orient="row").sort(CLOUDTRAIL_USAGE_KEY)


def _coverage() -> pl.DataFrame:
    known = {
        "region": "us-east-1",
        "late_for": [],
        "late_from": [],
        "bytes": 1,
        "other_events": 1,
        "provisional": False,
        "complete": True,
    }
    row = tuple(known.get(name, 0) for name in LOG_COVERAGE)
    return pl.DataFrame([row], schema=LOG_COVERAGE, orient="row")


def measure(root: Path, held: int) -> dict[str, object]:
    """Diff the last day, with the grants of so many days, and say what it took."""
    lake = Lake(root)
    days = [Partition(day, _ACCOUNT) for day in _DAYS]
    began = time.perf_counter()
    inputs = Tables(
        usage=lake.scan("cloudtrail_usage", days),
        coverage=lake.scan("log_coverage", days),
        grants=lake.scan("expanded_grants", days[-held:]),
        problems=lake.scan("grant_problems", [_END]),
        snapshots=lake.scan("iam_snapshots", [_END]),
        aws_actions=lake.read("aws_actions"),
        iam_actions=lake.read("iam_actions"),
    )
    options = DiffOptions(len(_DAYS), lambda _: VerdictRules(), DATA_FILES)
    for partition, frame in diff_days([_END], inputs, options):
        lake.write("principal_diffs", frame, partition)
    seconds = time.perf_counter() - began
    rows = lake.scan("principal_diffs", [_END]).select(pl.len()).collect().item()
    usage = inputs.usage.select(pl.len()).collect().item()
    grants = lake.scan("expanded_grants", [_END]).select(pl.len()).collect().item()
    return {"grants": grants, "days": held, "usage": usage, "rows": rows, "seconds": seconds}


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
    else:
        print(json.dumps(measure(Path(sys.argv[2]), int(sys.argv[3]))))
