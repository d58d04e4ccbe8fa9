"""Expand an account's grants into the tables, as a run does: `python -m benchmarks.expand_iam FILE`.

`--frames` stops before the Parquet.
"""

import pipeline.cli.environment  # noqa: F401

# As the command: before anything that imports Polars.
# isort: split
import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import polars as pl
from assets.aws_actions.catalogue import Catalogue, published_actions
from assets.expanded_grants.frames import expand_coded
from assets.iam_snapshots.authorization_details import parse_details
from assets.partitions import Partition
from pipeline.lake import Lake

_NOBODY = b'{"UserDetailList": [], "RoleDetailList": []}'


def main(file: Path, frames_only: bool) -> None:
    """Expand a file, and print what it took."""
    catalogue = Catalogue.from_frame(published_actions().with_columns(unverified=pl.lit(value=False)))
    _ = catalogue.canonical
    # As the contenders, which expand a pattern before their clock starts: what is loaded on first use is loaded.
    expand_coded(parse_details(_NOBODY, "nobody"), catalogue)
    data = file.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        lake, partition = Lake(Path(folder)), Partition(date(2026, 6, 1), "100000000000")
        began = time.perf_counter()
        details = parse_details(data, str(file))
        parsed = time.perf_counter()
        expanded = expand_coded(details, catalogue)
        framed = time.perf_counter()
        if not frames_only:
            lake.write("expanded_grants", expanded.grants, partition)
            lake.write("grant_sources", expanded.sources, partition)
        said = {
            "grants": expanded.grants.height,
            "sources": expanded.sources.height,
            "seconds": (framed - parsed) if frames_only else (time.perf_counter() - began),
        }
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--frames" in sys.argv)
