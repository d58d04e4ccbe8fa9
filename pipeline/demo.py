"""What `make demo` does: the main job on the sample, each step as the command that a user would type."""

import shlex
import subprocess
import sys
import time
from pathlib import Path

from pipeline.data_files import DATA_FILES

CONFIG = DATA_FILES / "sample" / "config.yaml"
COMMANDS = (
    "run --account all --from 2026-05-21 --to 2026-06-30",
    "--account demo --list users",
    "--account demo --list roles",
    "--account demo --user alice --show-used",
    "--account demo --role admin --show-used",
    "tables",
)


def main() -> int:
    """Run the commands one after the other; stop at the first that fails."""
    began = time.monotonic()
    program = Path(sys.executable).parent / "cloudtracker"
    try:
        config = str(CONFIG.relative_to(Path.cwd()))
    except ValueError:
        config = str(CONFIG)
    for command in COMMANDS:
        words = [*shlex.split(command), "--config", config]
        sys.stdout.write(f"\n$ cloudtracker {shlex.join(words)}\n")
        sys.stdout.flush()
        code = subprocess.run([program, *words], check=False).returncode
        if code:
            return code
    sys.stdout.write(
        f"\nDone in {time.monotonic() - began:.0f} s. Ask on: "
        f".venv/bin/cloudtracker --account demo --user alice --config {config}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
