"""`make bench`: measure everything and write `RESULTS.md`, section by section: those not asked for stay as they are."""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks import answers, diffs, expanding, from_s3, organisation, reading
from benchmarks.measure import CHECKOUT, COMPETITORS, ORIGINAL
from benchmarks.sizes import Sizes, quick

SECTIONS = {
    one.__name__.rpartition(".")[2]: one.measure
    for one in (reading, from_s3, expanding, diffs, answers, organisation)
}
_OURS = ("polars", "msgspec", "isal", "obstore", "dagster", "duckdb")
_THEIRS = ("trailscraper", "policy-sentry", "policyuniverse", "pysimdjson", "duckdb", "polars")
_VERSIONS = "import sys; from importlib.metadata import version; print(*(f'{n} {version(n)}' for n in sys.argv[1:]), sep=', ')"


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all by default"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, one round")
    parser.add_argument(
        "--rounds", type=int, help="how often each thing is measured; 3 by default, 1 if quick"
    )
    parser.add_argument("--data", type=Path, default=CHECKOUT / "benchmarks" / ".data", help="generated data")
    parser.add_argument("--output", type=Path, default=CHECKOUT / "benchmarks" / "RESULTS.md")
    asked = parser.parse_args()
    for name in asked.sections:
        if name not in SECTIONS:
            parser.error(f"no section {name!r}; there are {', '.join(SECTIONS)}")
    data = asked.data.absolute() / ("quick" if asked.quick else "full")
    data.mkdir(parents=True, exist_ok=True)
    sizes = quick(data) if asked.quick else Sizes(data)
    if asked.rounds:
        sizes = replace(sizes, rounds=asked.rounds)
    for name in asked.sections or SECTIONS:
        began, lines = time.monotonic(), []
        load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
        for line in SECTIONS[name](sizes):
            lines.append(line)
            print(line, flush=True)
        lines[1:1] = [
            "",
            f"Measured on {datetime.now(UTC):%Y-%m-%d}, rounds: {sizes.rounds}, load before: {load}.",
        ]
        _write(asked.output, _head(asked.quick), lines)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)


def _write(path: Path, head: Iterable[str], section: Sequence[str]) -> None:
    """Put a section, whose first line is its title, in the place of what the file holds of it, or behind all."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    sections = {one.partition("\n")[0]: one.strip() for one in text.split("\n## ")[1:]}
    title = section[0].removeprefix("## ")
    sections[title] = "\n".join(section).removeprefix("## ").strip()
    parts = ["\n".join(head).strip(), *(f"## {one}" for one in sections.values())]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _head(is_quick: bool) -> Iterator[str]:
    yield "# Results"
    yield ""
    yield f"Written by `make bench{' QUICK=1' if is_quick else ''}`, from generated data."
    yield ""
    if is_quick:
        yield "Small sizes, measured once: these figures show that the benchmarks run, and are none to quote."
        yield ""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield f"- machine: {os.cpu_count()} cores ({_processor()}), {memory:.0f} GB, {platform.system()} {platform.release()}"
    yield (
        "- *load before* is the load average over 1, 5 and 15 minutes when a section began. Where it is far from 0,"
        " others worked on the machine: seconds are then worth little, ratios of the same section more, memory and row"
        " counts are exact"
    )
    yield f"- Python {platform.python_version()}, " + ", ".join(
        f"{name} {metadata.version(name)}" for name in _OURS
    )
    yield f"- the others, in `benchmarks/.venv`: {_versions(COMPETITORS, _THEIRS)}, {_versions(ORIGINAL, ['cloudtracker'])}"
    yield "- seconds are medians over the rounds; contenders are measured in turns"
    yield ""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _versions(python: str, names: list[str] | tuple[str, ...]) -> str:
    words = [python, "-c", _VERSIONS, *names]
    return subprocess.run(words, capture_output=True, check=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
