"""What the Makefile gives to the programs that it starts."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

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


def test_dagsters_programs_keep_the_home_that_they_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagster._core.secrets.env_file import get_env_var_dict

    shutil.copy(CHECKOUT / "Makefile", tmp_path)
    subprocess.run(["make", "--no-print-directory", ".env"], cwd=tmp_path, check=True)
    monkeypatch.setenv("DAGSTER_HOME", "/var/lib/dagster")
    assert get_env_var_dict(str(tmp_path)) == {"DAGSTER_HOME": "/var/lib/dagster"}
    monkeypatch.delenv("DAGSTER_HOME")
    assert get_env_var_dict(str(tmp_path)) == {"DAGSTER_HOME": str(tmp_path / ".dagster")}
