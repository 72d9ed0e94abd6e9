"""The page of attacks is held to its tests: no row without a test, no attack without a row."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "attacks.md"
ROW = re.compile(r"\| [^|]+ \| [^|]+ \| [^|]+ \| `([a-z0-9_/]+\.py)::(test_\w+)` \|")
WHOLE = ("e2e/test_gate_attacks.py", "e2e/test_gate_confined.py", "e2e/test_starting.py")
ROWS_MIN = 25


def rows() -> list[tuple[str, str]]:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    found = [ROW.fullmatch(line) for line in lines if not line.startswith("| who |")]
    assert all(found), "a row that is not who, tries, what happens, test"
    return [(each[1], each[2]) for each in found if each]


def attacks_in(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}


def test_every_row_names_a_test_that_exists():
    assert len(rows()) >= ROWS_MIN
    missing = [f"{file}::{name}" for file, name in rows() if name not in attacks_in(file)]
    assert not missing


@pytest.mark.parametrize("file", WHOLE)
def test_every_attack_has_a_row(file):
    assert attacks_in(file) <= {name for each, name in rows() if each == file}
