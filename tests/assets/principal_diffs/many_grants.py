"""A diff of two million grants in a process of its own: `prepare` writes the grants, `measure` diffs them.

`python -m tests.assets.principal_diffs.many_grants prepare|measure ROOT`.
"""

import hashlib
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pipeline.cli.environment  # noqa: F401  # as the command does, before Polars is loaded

# isort: split
import polars as pl

from assets.cloudtrail_usage.schema import CLOUDTRAIL_USAGE, LOG_COVERAGE
from assets.expanded_grants.schema import GRANTS, PROBLEMS
from assets.iam_snapshots.snapshot import snapshot_rows
from assets.partitions import Partition
from assets.principal_diffs.days import DiffOptions, Tables, diff_days
from assets.principal_diffs.rules import VerdictRules
from pipeline.data_files import DATA_FILES
from pipeline.lake import Lake
from tests.build import ACCOUNT, iam, user
from tests.peak_memory import peak_mb

PRINCIPALS, ACTIONS = 500, 4_000
END = Partition(date(2026, 6, 30), ACCOUNT)


def prepare(root: Path) -> None:
    """Write what the diff reads; `iam_actions` and `aws_actions` are there."""
    lake = Lake(root)
    users = [user(f"u{number:04}") for number in range(PRINCIPALS)]
    taken = datetime(2026, 6, 30, tzinfo=UTC)
    raw = json.dumps(iam(*users)).encode()
    lake.write("iam_snapshots", snapshot_rows(raw, "iam.json", taken, "configuration", ACCOUNT), END)
    people = pl.DataFrame(
        [(one["Arn"], one["UserId"], "user", one["UserName"]) for one in users],
        {name: GRANTS[name] for name in list(GRANTS)[:4]},
        orient="row",
    )
    grants = people.join(lake.read("iam_actions").select("action").sort("action").head(ACTIONS), how="cross")
    lists, none = pl.lit(["s"], pl.List(pl.String)), pl.lit([], pl.List(pl.String))
    lake.write(
        "expanded_grants",
        grants.with_columns(
            pl.lit("Read").alias("access_level"),
            pl.lit(False).alias("restricted"),
            lists.alias("granted_by"),
            none.alias("restricted_by"),
            pl.lit(None, GRANTS["first_granted"]).alias("first_granted"),
            pl.lit(False).alias("unverified"),
            pl.lit(False).alias("unknown_action"),
            pl.lit(False).alias("only_aws_managed"),
        ).select(list(GRANTS)),
        END,
    )
    for table, schema in (
        ("grant_problems", PROBLEMS),
        ("cloudtrail_usage", CLOUDTRAIL_USAGE),
        ("log_coverage", LOG_COVERAGE),
    ):
        lake.write(table, pl.DataFrame(schema=schema), END)


def measure(root: Path) -> dict[str, object]:
    """Return the rows of the diff, the hash of its file, and the most memory that the process held, in MB."""
    lake = Lake(root)
    lazy = (
        "cloudtrail_usage",
        "log_coverage",
        "expanded_grants",
        "grant_problems",
        "iam_snapshots",
    )
    tables = Tables(
        *(lake.scan(name, [END]) for name in lazy), lake.read("aws_actions"), lake.read("iam_actions")
    )
    for partition, frame in diff_days([END], tables, DiffOptions(30, lambda _: VerdictRules(), DATA_FILES)):
        lake.write("principal_diffs", frame, partition)
    stored = lake.path("principal_diffs", END)
    return {
        "rows": lake.scan("principal_diffs", [END]).select(pl.len()).collect().item(),
        "hash": hashlib.sha256(stored.read_bytes()).hexdigest(),
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    else:
        print(json.dumps(measure(Path(sys.argv[2]))))
