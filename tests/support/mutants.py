"""Mutants: small changes of the source that break a rule, made in a copy of the tree.

The tests that are named for a mutant are run there: if they pass, nobody would have noticed.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STEPS = "src/retention/steps"
SECONDS_MAX = 300


@dataclass(frozen=True)
class Mutant:
    """One change, what it would mean, and the tests that must notice it."""

    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = ("unit/test_disposal.py", "unit/test_halting.py", "unit/test_story.py")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of what the tests of memory need, to be changed."""
    copy = tmp_path_factory.mktemp("tree")
    for name in ("src", "tests", "flows", "policies", "pyproject.toml"):
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, copy / name, ignore=ignored)
        else:
            shutil.copy(source, copy / name)
    return copy


def run_in(tree, names):
    """Run tests in *tree*, in a process whose `retention` is that of the tree."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not full", "-p", "no:cacheprovider",
         *(f"tests/{name}" for name in names)],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": f"{tree}/src{os.pathsep}{tree}", "CI": ""},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )  # fmt: skip


def can_be_changed(mutant) -> bool:
    """Tell whether what a mutant changes stands in the source, once."""
    return (ROOT / mutant.file).read_text().count(mutant.old) == 1


def all_pass(tree, mutants) -> None:
    """Assert that, without any mutant, the tests that are named for them pass."""
    names = sorted({name for mutant in mutants for name in mutant.tests})
    done = run_in(tree, names)
    assert done.returncode == 0, done.stdout[-2000:]


def is_killed(tree, mutant) -> None:
    """Assert that its tests fail once the mutant is made; the tree is whole afterwards."""
    file = tree / mutant.file
    whole = file.read_text()
    file.write_text(whole.replace(mutant.old, mutant.new))
    try:
        done = run_in(tree, mutant.tests)
    finally:
        file.write_text(whole)
    assert done.returncode == 1, f"it lives: {mutant.breaks}\n{done.stdout[-1500:]}"
