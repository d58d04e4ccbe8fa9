"""The rules of the house that import contracts cannot say."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, LONGEST

MODULES = sorted(
    path for folder in ("pipeline", "assets") for path in (CHECKOUT / folder).rglob("*.py") if path.is_file()
)
DECLARATIONS = [path for path in MODULES if path.name == "asset.py"]
NOTHING_NAMES = {"utils", "util", "common", "helpers", "constants", "misc"}


def _name(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_are_small_and_named_for_what_they_hold(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
    assert path.stem not in NOTHING_NAMES


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=_name)
def test_packages_hold_a_docstring_only(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


@pytest.mark.parametrize("path", DECLARATIONS, ids=_name)
def test_a_declaration_reads_calls_and_returns(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    branches = (ast.If, ast.For, ast.While, ast.IfExp, ast.Try, ast.Match)
    assert not [node for node in ast.walk(tree) if isinstance(node, branches)]
    expressions = {"col", "lit", "when", "concat"}
    assert not [
        node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in expressions
    ]


def test_the_tests_that_begin_first_are_there() -> None:
    assert [name for name in LONGEST if not (CHECKOUT / "tests" / name).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)


def test_there_are_declarations() -> None:
    assert len(DECLARATIONS) >= 5


@pytest.mark.parametrize(
    ("violation", "place"),
    [
        ("import pipeline.lake", "assets/errors.py"),
        ("import assets.principal_diffs.diff", "assets/aws_actions/catalogue.py"),
        ("import dagster", "assets/principal_diffs/diff.py"),
        ("import dagster", "pipeline/answers.py"),
        ("import botocore", "pipeline/lake.py"),
    ],
)
def test_each_import_contract_bites(violation: str, place: str, tmp_path: Path) -> None:
    for name in ("pipeline", "assets"):
        _copy(CHECKOUT / name, tmp_path / name)
    (tmp_path / "pyproject.toml").write_bytes((CHECKOUT / "pyproject.toml").read_bytes())
    assert _contracts(tmp_path) == 0
    with (tmp_path / place).open("a", encoding="utf-8") as file:
        file.write(f"\n{violation}\n")
    assert _contracts(tmp_path) == 1


def _copy(source: Path, target: Path) -> None:
    for path in source.rglob("*.py"):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())


def _contracts(folder: Path) -> int:
    program = Path(sys.executable).parent / "lint-imports"
    words = [program, "--no-cache", "--config", "pyproject.toml"]
    return subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode
