"""How many tests of each long kind ran; and with ``CI=true`` no test is skipped.

A test against a real server that is no longer collected looks just like one that passes.  So
``tests/counts.toml`` says how many of each kind there are, the end of a run compares, and the log
says how many ran.  The comparison is made when a whole suite is run: no path, no ``-k``, nothing
left out, and ``-m "not full"`` (suite *test*) or no ``-m`` at all (suite *full*).  It is made where
the reports come together, whether one process runs the tests or several.
"""

import os
import tomllib
from collections import Counter

import pytest

NUMBERS = "tests/counts.toml"
SUITES = {"not full": "test", "": "full"}  # what -m says, and whose numbers hold
NARROWING = ("keyword", "lf", "last_failed", "stepwise", "deselect", "ignore", "ignore_glob")


SUITE = pytest.StashKey[str]()
WANTED = pytest.StashKey[dict[str, int]]()
RAN = pytest.StashKey[Counter]()


def faults(suite: str, wanted: dict[str, int], ran: Counter) -> list[str]:
    """Say in a sentence each which number to change, and when."""
    return [
        f"{NUMBERS} says [{suite}] {kind} = {number}, and {ran[kind]} ran: write {ran[kind]} there"
        f" if tests were {'added' if ran[kind] > number else 'removed'} on purpose;"
        " if not, find out why."
        for kind, number in wanted.items()
        if ran[kind] != number
    ]


def suite_of(config: pytest.Config) -> str | None:
    """Return the name of the suite that this run is the whole of, or None."""
    option = config.option
    narrowed = any(getattr(option, name, None) for name in NARROWING)
    chosen = config.args_source is pytest.Config.ArgsSource.ARGS
    return None if narrowed or chosen else SUITES.get(option.markexpr)


def pytest_configure(config: pytest.Config) -> None:
    with (config.rootpath / NUMBERS).open("rb") as file:
        numbers = tomllib.load(file)
    suite = suite_of(config)
    config.stash[SUITE] = suite or ""
    config.stash[WANTED] = numbers[suite or "full"]
    config.stash[RAN] = Counter()
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Together(config))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and not report.skipped:
        report.kinds = sorted({mark.name for mark in item.iter_markers()})
    return _never_skipped(report)


class Together:
    """Where the reports of all processes come together: not in one of several."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report) -> None:
        kinds = set(getattr(report, "kinds", ()))
        self.config.stash[RAN].update(kinds & set(self.config.stash[WANTED]))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session) -> None:
        if _wrong(self.config) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter) -> None:
        ran = self.config.stash[RAN]
        told = ", ".join(f"{kind} {ran[kind]}" for kind in self.config.stash[WANTED])
        terminalreporter.write_line(f"long kinds that ran: {told}")
        for sentence in _wrong(self.config):
            terminalreporter.write_line(f"FAILED: {sentence}", red=True)


def _wrong(config: pytest.Config) -> list[str]:
    suite = config.stash[SUITE]
    return faults(suite, config.stash[WANTED], config.stash[RAN]) if suite else []


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _never_skipped((yield))


def _never_skipped(report):
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"with CI=true a test that cannot run fails: {_reason(report.longrepr)}"
    return report


def _reason(skipped) -> str:
    return skipped[2] if isinstance(skipped, tuple) else str(skipped)
