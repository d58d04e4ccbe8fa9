"""What judges must not be what is judged: the second opinion imports nothing of the product."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ORACLE = sorted((HERE / "oracle").glob("*.py"))
MAKERS = [
    HERE / f"{name}.py"
    for name in ("opinion", "accounts", "callers", "documents", "later", "logs", "records", "vocabulary")
]
ALLOWED = {
    *(
        "collections",
        "dataclasses",
        "datetime",
        "itertools",
        "json",
        "pathlib",
        "re",
        "typing",
        "urllib",
        "zlib",
    ),
    *("gzip", "random", "uuid", "copy", "tests"),
}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", [*ORACLE, *MAKERS], ids=lambda path: path.stem)
def test_plain_python_alone(path: Path) -> None:
    for name in _imported(path):
        first, *others = name.split(".")
        assert first in ALLOWED, f"{path.name} imports {name}"
        assert first != "tests" or others[0] == "second_opinion", f"{path.name} imports {name}"


@pytest.mark.parametrize("path", ORACLE, ids=lambda path: path.stem)
def test_the_oracle_knows_nothing_of_how_accounts_and_logs_are_invented(path: Path) -> None:
    for name in _imported(path):
        assert not name.startswith("tests.") or name.startswith("tests.second_opinion.oracle"), name
