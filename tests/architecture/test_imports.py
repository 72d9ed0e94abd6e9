"""Who may import whom: the contracts of pyproject.toml, on the tree and on a small bad one."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

PACKAGES = (
    *("flows", "cli", "gate", "demo", "wiring", "steps", "agreements", "views", "ports", "domain"),
    *("errors", "adapters", "adapters/s3", "adapters/kms", "adapters/ledger", "adapters/prefect"),
)
MODULES = (
    "settings",
    "running",
    "steps/destroy",
    "steps/destroy_keys",
    "steps/close_manifests",
    "ports/destruction",
    "ports/closing",
    "adapters/database",
)
LAYERS = "Each layer imports only what is below it"
CORE = "The core knows no library that stores, serves, schedules or logs"
LOCK = "Only the steps that destroy may name the ports that can"
CLOSING = "Only the step that closes manifests may name the port that can"
PREFECT = "Prefect stays in its places"
ADAPTERS = "Adapters do not know one another"

# Each module of the small tree: what it imports, and the contract that this breaks.
BAD = [
    ("errors/m1", "retention.domain", LAYERS),
    ("domain/m2", "retention.ports", LAYERS),
    ("ports/m3", "retention.views", LAYERS),
    ("views/m4", "retention.steps", LAYERS),
    ("views/m5", "retention.adapters.s3", LAYERS),
    ("steps/m6", "retention.adapters.s3", LAYERS),
    ("steps/m7", "retention.agreements", LAYERS),
    ("adapters/s3/m8", "retention.steps", LAYERS),
    ("agreements/m9", "retention.adapters.s3", LAYERS),
    ("adapters/s3/m10", "retention.wiring", LAYERS),
    ("wiring/m11", "retention.demo", LAYERS),
    ("wiring/m12", "flows", LAYERS),
    *((f"{core}/n{n}", library, CORE)
      for core in ("errors", "domain", "ports", "views", "steps")
      for n, library in enumerate(
          ("boto3", "botocore", "sqlmodel", "sqlalchemy", "prefect", "pydantic", "logging"))),
    ("steps/p1", "retention.ports.destruction", LOCK),
    ("adapters/s3/p2", "retention.ports.destruction", LOCK),
    ("steps/keys", "retention.ports.destruction", LOCK),
    ("steps/cancel_keys", "retention.ports.destruction", LOCK),
    ("adapters/kms/p6", "retention.ports.destruction", LOCK),
    ("flows/p3", "retention.ports.destruction", LOCK),
    ("steps/p7", "retention.ports.closing", CLOSING),
    ("adapters/s3/p8", "retention.ports.closing", CLOSING),
    ("flows/p9", "retention.ports.closing", CLOSING),
    ("cli/p4", "retention.ports.destruction", LOCK),
    ("cli/q1", "prefect", PREFECT),
    ("wiring/q2", "prefect", PREFECT),
    ("adapters/s3/q3", "prefect", PREFECT),
    ("agreements/q4", "prefect", PREFECT),
    ("adapters/s3/r1", "retention.adapters.ledger", ADAPTERS),
    ("adapters/database", "retention.adapters.ledger", ADAPTERS),
    ("adapters/s3/p5", "retention.settings", LAYERS),
    ("settings", "retention.adapters.s3", LAYERS),
]  # fmt: skip
GOOD = [
    ("flows/a", "prefect"), ("gate/a", "prefect"), ("demo/a", "prefect"),
    ("adapters/prefect/a", "prefect"),
    ("steps/destroy", "retention.ports.destruction"),
    ("steps/destroy_keys", "retention.ports.destruction"),
    ("wiring/a", "retention.ports.destruction"),
    ("steps/close_manifests", "retention.ports.closing"),
    ("wiring/d", "retention.ports.closing"),
    ("wiring/b", "retention.adapters.s3"), ("wiring/c", "retention.steps"),
    ("adapters/ledger/a", "retention.adapters.database"), ("adapters/ledger/b", "sqlmodel"),
    ("adapters/s3/a", "retention.views"), ("steps/a", "retention.views"),
    ("cli/a", "retention.demo"), ("demo/b", "flows"), ("flows/b", "retention.wiring"),
]  # fmt: skip


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--config", "pyproject.toml"],
        cwd=root,
        # The path goes first: the small tree must win over the installed project.
        env={"PYTHONPATH": "src:.", "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def grow(root: Path, imports) -> None:
    """Make a tree of empty packages under *root*, and in it the modules with these *imports*."""

    def place(name: str) -> Path:
        return root / ("" if name.startswith("flows") else "src/retention") / name

    for package in ("", *PACKAGES):
        place(package).mkdir(parents=True, exist_ok=True)
        (place(package) / "__init__.py").touch()
    for module in MODULES:
        place(f"{module}.py").touch()
    for module, imported in imports:
        place(f"{module}.py").write_text(f"import {imported}\n")
    (root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())


def dotted(module: str) -> str:
    return ("" if module.startswith("flows") else "retention.") + module.replace("/", ".")


def broken(output: str) -> dict[str, str]:
    """Return what is said under the heading of each broken contract: a line underlined."""
    parts = re.split(r"\n([^\n]+)\n-{9,}\n", output)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_tree_keeps_its_contracts():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_small_tree_that_keeps_every_contract_passes(tmp_path):
    grow(tmp_path, GOOD)
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """What is said of a tree in which every line of BAD stands."""
    root = tmp_path_factory.mktemp("bad")
    grow(root, [(module, imported) for module, imported, _ in BAD])
    done = lint(root)
    assert done.returncode == 1, done.stdout + done.stderr
    return broken(done.stdout)


@pytest.mark.parametrize(("module", "imported", "contract"), BAD)
def test_an_import_that_a_contract_forbids_is_named(complaints, module, imported, contract):
    said = [line for line in complaints[contract].splitlines() if f"{dotted(module)} " in line]
    assert any(line.removesuffix(" (l.1)").endswith(f"-> {imported}") for line in said), complaints


def test_every_package_of_the_tree_stands_in_a_layer():
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["name"] == LAYERS)
    named = {name.strip() for layer in layers for name in layer.replace(":", "|").split("|")}
    children = {
        f"retention.{child.stem}"
        for child in (ROOT / "src/retention").iterdir()
        if (child.is_dir() and any(child.glob("*.py"))) or child.suffix == ".py"
    }
    doors = {"retention.__init__", "retention.__main__"}  # the second only calls retention.cli
    assert children - doors <= named
