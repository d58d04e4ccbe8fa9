"""The command as a process: interrupted while it begins, and with nowhere to write."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.build import allow, iam, user
from tests.conftest import Account

_BEGIN = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
# A test run in the background of a shell has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pipeline.cli.command import main
main()
"""
_COMMAND = "from pipeline.cli.command import main; main()"
_SMALL = """
import resource, sys
from pathlib import Path
import polars as pl
from assets.errors import StorageError
from pipeline.lake import Lake
from pipeline.tables import TABLES
resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
schema = dict(TABLES["iam_actions"].schema)
rows = pl.DataFrame({"action": [f"a:{n * 7919 % 100003}" for n in range(50_000)]}, {"action": pl.String()})
frame = rows.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name != "action")
for one in (frame.select(list(schema)), frame.select(list(schema)).lazy()):
    try:
        Lake(Path(sys.argv[1])).write("iam_actions", one)
    except StorageError as error:
        print(error)
"""


def _run(code: str, *arguments: str, output: str | None = None) -> subprocess.CompletedProcess[str]:
    with Path(output or "/dev/null").open("w", encoding="utf-8") as file:
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            stdout=file if output else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )


def test_an_interrupt_while_modules_are_loaded_is_a_line_and_an_exit_code() -> None:
    ended = _run(_BEGIN)
    assert ended.returncode == 130
    assert (
        ended.stderr == "cloudtracker: interrupted; finished tables are kept, the next run makes the rest\n"
    )


def test_a_full_disk_below_the_answer_is_no_surprise() -> None:
    for command in ("dictionary", "--help"):
        ended = _run(_COMMAND, command, output="/dev/full")
        assert ended.returncode == 4, ended.stderr
        (line,) = ended.stderr.splitlines()
        assert "cannot be written: No space left on device; make room" in line


def test_a_full_disk_below_the_tables_names_the_table(tmp_path: Path) -> None:
    lines = _run(_SMALL, str(tmp_path)).stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith(f"{tmp_path}/iam_actions/part-0.parquet: cannot be written: File too large; ")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["dictionary"], 0, b""),
        (["--help"], 0, b""),
        (["run", "--account", "a", "--config", "/none"], 2, b"/none: there is no such"),
    ],
)
def test_a_reader_that_leaves_changes_nothing(arguments: list[str], code: int, said: bytes) -> None:
    words = [sys.executable, "-c", _COMMAND, *arguments]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ended:
        assert ended.stdout and ended.stderr
        ended.stdout.close()
        told = ended.stderr.read()
    assert ended.returncode == code
    assert said in told and bool(told) is bool(said)


def test_an_answer_that_nobody_read_is_no_good_one(account: Account) -> None:
    account.write_iam(iam(user("alice", allow("iam:*"))))
    asked = ["--account", "demo", "--user", "alice", "--config", str(account.config)]
    codes = []
    for more in ([], ["--fail-on", "unused"], ["--fail-on=not_granted"]):
        with subprocess.Popen(
            [sys.executable, "-c", _COMMAND, *asked, *more], stdout=subprocess.PIPE
        ) as ended:
            assert ended.stdout
            ended.stdout.close()
        codes.append(ended.returncode)
    # Lines that were never written are not looked through.
    assert codes == [0, 1, 1]
