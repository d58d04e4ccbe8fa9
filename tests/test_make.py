"""What the Makefile gives to the programs that it starts."""

import os
import subprocess

from tests.conftest import CHECKOUT


def test_what_is_compiled_is_kept_whatever_the_shell_asks_for() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "--eval", "shown: ; @env", "shown"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "KEPT": "yes"},
        capture_output=True,
        text=True,
        check=True,
    )
    given = dict(line.partition("=")[::2] for line in shown.stdout.splitlines())
    assert given["KEPT"] == "yes"
    assert "PYTHONDONTWRITEBYTECODE" not in given
