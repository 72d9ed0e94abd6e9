"""The lock: every package by version and hash, from nowhere in particular, as pyproject asks."""

import re
import tomllib

import pytest
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = PROJECT["dependencies"]
EXTRAS = [each for extra in PROJECT["optional-dependencies"].values() for each in extra]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries(lock: str) -> list[str]:
    """Return the entries of a lock: comments gone, continued lines joined."""
    kept = [line for line in lock.splitlines() if not line.lstrip().startswith("#")]
    return [
        line.strip() for line in "\n".join(kept).replace("\\\n", " ").splitlines() if line.strip()
    ]


def read(entry: str) -> tuple[str, str] | None:
    """Return name and version of an entry that is whole; None for anything else."""
    wanted, *hashes = re.split(r"\s+(?=--)", entry)
    try:
        requirement = Requirement(wanted)
    except InvalidRequirement:
        return None
    pins = [each.version for each in requirement.specifier if each.operator == "=="]
    whole = hashes and all(HASH.fullmatch(each) for each in hashes)
    if requirement.url or len(pins) != 1 or len(requirement.specifier) != 1 or not whole:
        return None
    return canonicalize_name(requirement.name), pins[0]


def faults(lock: str, wanted: list[str]) -> list[str]:
    """Say what is wrong with *lock* for a project that wants *wanted*."""
    said = [
        f"not name==version with hashes: {each}" for each in entries(lock) if read(each) is None
    ]
    if "://" in lock or re.search(r"(?m)^\s*-", re.sub(r"--hash", "", lock)):
        said.append("it names a place that packages come from")
    pinned: dict[str, list[str]] = {}
    for name, version in filter(None, map(read, entries(lock))):
        pinned.setdefault(name, []).append(version)
    for requirement in map(Requirement, wanted):
        versions = pinned.get(canonicalize_name(requirement.name), [])
        if not versions:
            said.append(f"{requirement.name} is not locked")
        said += [
            f"{requirement.name} {version} is not {requirement.specifier}"
            for version in versions
            if not requirement.specifier.contains(version)
        ]
    return said


def lock_of(name: str) -> str:
    return (ROOT / "requirements" / name).read_text(encoding="utf-8")


def test_the_lock_for_development_is_whole():
    assert faults(lock_of("dev.txt"), RUNTIME + EXTRAS) == []


def test_the_lock_for_running_is_whole_and_has_no_tool_of_development():
    lock = lock_of("runtime.txt")
    assert faults(lock, RUNTIME) == []
    names = {found[0] for each in entries(lock) if (found := read(each))}
    assert names.isdisjoint({"pytest", "mypy", "ruff", "moto", "import-linter"})


def test_both_locks_pin_the_same_versions():
    assert set(map(read, entries(lock_of("runtime.txt")))) <= set(
        map(read, entries(lock_of("dev.txt")))
    )


def test_the_pins_that_prefect_needs_stand():
    assert {"prefect==3.8.8", "fastapi<0.151", "sqlalchemy<2.1"} <= set(RUNTIME)


H = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    "lock",
    [
        "",
        "prefect==3.8.8",
        f"prefect>=3.8.8 {H}",
        "prefect==3.8.8 --hash=md5:0",
        f"prefect==3.8.7 {H}",
        f"other==1.0 {H}",
        f"prefect==3.8.8 {H}\nother==1.0",
        f"prefect @ https://host.invalid/prefect.whl {H}",
        f"--index-url https://host.invalid/simple\nprefect==3.8.8 {H}",
        f"-f wheels\nprefect==3.8.8 {H}",
        f"-e .\nprefect==3.8.8 {H}",
    ],
)
def test_a_lock_that_is_not_whole_is_caught(lock):
    assert faults(lock, ["prefect==3.8.8"])


def test_a_lock_that_is_whole_passes():
    lock = f"prefect==3.8.8 \\\n    {H} \\\n    {H}\n    # via retention\nx==1 ; python_version < '3.12' {H}"
    assert faults(lock, ["prefect==3.8.8"]) == []
