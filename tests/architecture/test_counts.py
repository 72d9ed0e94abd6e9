"""The plugin that counts the long kinds, in a small project of its own."""

import subprocess
import sys
import tomllib

import pytest

from tests.architecture.tree import ROOT
from tests.support.counts import NUMBERS as NUMBERS_FILE

INI = """
[pytest]
addopts = --strict-markers -p tests.support.counts
testpaths = tests
markers =
    full: long
    ceph: a store
    server: a server
"""
TESTS = """
import pytest

@pytest.mark.ceph
@pytest.mark.parametrize("n", [1, 2])
def test_store(n): ...

@pytest.mark.server
@pytest.mark.ceph
@pytest.mark.full
def test_long(): ...

def test_short(): ...
"""
NUMBERS = "[test]\nceph = 2\nserver = 0\n[full]\nceph = 3\nserver = 1\nfull = 1\n"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "tests/test_it.py").write_text(TESTS)
    (tmp_path / "tests/counts.toml").write_text(NUMBERS)
    return tmp_path


@pytest.fixture
def run(project):
    def go(*arguments: str, ci: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=project,
            env={"PYTHONPATH": str(ROOT), "CI": ci},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return go


def write(project, text: str, name: str = "counts.toml") -> None:
    (project / "tests" / name).write_text(text)


def test_a_suite_with_the_numbers_that_are_written_passes_and_says_them(run):
    done = run("-m", "not full")
    assert done.returncode == 0, done.stdout
    assert "long kinds that ran: ceph 2, server 0\n" in done.stdout
    assert "3 passed, 1 deselected" in done.stdout.splitlines()[-1]


def test_the_whole_suite_has_numbers_of_its_own(run):
    done = run()
    assert done.returncode == 0, done.stdout
    assert "long kinds that ran: ceph 3, server 1, full 1\n" in done.stdout


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("ceph = 3", "[test] ceph = 3, and 2 ran: write 2 there if tests were removed"),
        ("ceph = 1", "[test] ceph = 1, and 2 ran: write 2 there if tests were added"),
    ],
)
def test_another_number_fails_the_run_and_says_which_to_change(project, run, written, sentence):
    write(project, NUMBERS.replace("ceph = 2", written))
    done = run("-m", "not full")
    assert done.returncode == 1
    assert sentence in done.stdout
    assert "FAILED: tests/counts.toml" in done.stdout


def test_several_processes_are_counted_as_one(project, run):
    done = run("-n", "2", "-m", "not full")
    assert done.returncode == 0, done.stdout
    assert "long kinds that ran: ceph 2, server 0\n" in done.stdout
    write(project, NUMBERS.replace("ceph = 2", "ceph = 3"))
    assert run("-n", "2", "-m", "not full").returncode == 1


@pytest.mark.parametrize(
    "part",
    [["tests/test_it.py"], ["-k", "short"], ["-m", "ceph"], ["--deselect", "tests/test_it.py"]],
)
def test_a_part_of_a_suite_is_not_compared(project, run, part):
    write(project, NUMBERS.replace("ceph = ", "ceph = 9"))
    done = run(*part)
    assert done.returncode in {0, 5}, done.stdout
    assert "long kinds that ran" in done.stdout


def test_a_test_that_failed_before_it_began_did_not_run(project, run):
    bad = "@pytest.fixture\ndef store(): raise OSError\n@pytest.mark.ceph\ndef test_x(store): ...\n"
    write(project, TESTS + bad, "test_it.py")
    assert "long kinds that ran: ceph 2," in run("-m", "not full").stdout


SKIPS = """
import pytest

@pytest.fixture
def store(): pytest.skip("no store")

def test_in_a_fixture(store): ...

def test_in_the_test(): pytest.skip("no store")

@pytest.mark.skip(reason="no store")
def test_by_a_mark(): ...
"""


def test_what_is_skipped_fails_where_nobody_watches(project, run):
    write(project, SKIPS, "test_it.py")
    done = run("tests", ci="true")
    assert done.returncode == 1
    assert done.stdout.count("a test that cannot run fails: Skipped: no store") >= 3
    assert "1 failed, 2 errors" in done.stdout.splitlines()[-1]


def test_a_module_that_skips_itself_fails_where_nobody_watches(project, run):
    write(project, "import pytest\npytest.skip('no store', allow_module_level=True)", "test_it.py")
    done = run("tests", ci="true")
    assert done.returncode == 2
    assert "a test that cannot run fails: Skipped: no store" in done.stdout


def test_a_person_at_the_desk_may_skip(project, run):
    write(project, SKIPS, "test_it.py")
    assert run("tests").returncode == 0


def test_every_marker_of_the_project_has_its_numbers():
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]
    markers = {each.partition(":")[0] for each in options["ini_options"]["markers"]}
    numbers = tomllib.loads((ROOT / NUMBERS_FILE).read_text())
    assert set(numbers["full"]) == markers
    assert set(numbers["test"]) == markers - {"full"}
