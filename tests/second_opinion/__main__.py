"""Compare seeds by hand: `python -m tests.second_opinion [--keep FOLDER] SEED|FIRST-LAST ...`."""

import argparse
import collections
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.second_opinion.checked import checked
from tests.second_opinion.compare import told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="leave what was made in this folder")
    parser.add_argument("--facts", type=Path, help="a lake that has the tables of facts already")
    parser.add_argument("seeds", nargs="+", help="a number, or two with - between them")
    asked = parser.parse_args()
    wrong = 0
    reasons: collections.Counter[tuple[str, str]] = collections.Counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["DAGSTER_HOME"] = str(folder / "dagster")
        os.environ.pop("CLOUDTRACKER_CONFIG", None)
        lake = asked.facts or made_facts(folder / "facts")
        for words in asked.seeds:
            first, _, last = words.partition("-")
            for seed in range(int(first), int(last or first) + 1):
                began = time.monotonic()
                there = (asked.keep or folder) / f"seed-{seed}"
                shutil.copytree(lake, there / "lake")
                opinion = checked(seed, there, lake)
                found = opinion.differences
                wrong += bool(found)
                rows = [
                    r for day in opinion.expected.by_name["principal_diffs"].values() for r in day.values()
                ]
                reasons.update((row["status"], row["reason"]) for row in rows)
                print(f"seed {seed}: {len(rows)} verdicts, {time.monotonic() - began:.1f} s", flush=True)
                if found:
                    print(told(seed, found), flush=True)
                if not asked.keep:
                    shutil.rmtree(there)
    for (status, reason), rows_of_it in sorted(reasons.items()):
        print(f"{rows_of_it:>9,} {status} {reason}")
    print(f"{wrong} seeds with differences")
    return 1 if wrong else 0


def made_facts(root: Path) -> Path:
    """Make the tables of facts in a lake of their own."""
    from assets.aws_actions.refresh import refresh
    from pipeline.data_files import DATA_FILES
    from pipeline.lake import Lake

    root.mkdir()
    made = refresh(DATA_FILES)
    lake = Lake(root)
    lake.write("aws_actions", made.aws_actions)
    lake.write("iam_actions", made.iam_actions)
    return root


if __name__ == "__main__":
    sys.exit(main())
