"""How many tests of each long kind ran; and with ``CI=true`` no test is skipped.

A test against a real server that is no longer collected looks just like one that passes.  So
``tests/counts.toml`` says how many of each kind there are, a last test compares, and the log says
how many ran.  The comparison is made when a whole suite is run: no path, no ``-k``, nothing left
out, and ``-m "not full"`` (suite *test*) or no ``-m`` at all (suite *full*).
"""

import os
import tomllib
from collections import Counter

import pytest

NUMBERS = "tests/counts.toml"
SUITES = {"not full": "test", "": "full"}  # what -m says, and whose numbers hold
NARROWING = ("keyword", "lf", "last_failed", "stepwise", "deselect", "ignore", "ignore_glob")


class WrongCountError(AssertionError):
    """More or fewer tests of a kind ran than were written down."""


class Counts(pytest.Item):
    """The last test of a whole suite."""

    def runtest(self) -> None:
        wrong = faults(self.config.stash[SUITE], self.config.stash[WANTED], self.config.stash[RAN])
        if wrong:
            raise WrongCountError("\n".join(wrong))

    def repr_failure(self, excinfo, style=None):
        if excinfo.errisinstance(WrongCountError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.config.rootpath / NUMBERS, None, self.name


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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session, config, items) -> None:
    if config.stash[SUITE]:
        name = "as many of each long kind ran as written"
        items.append(Counts.from_parent(session, name=name, nodeid=f"{NUMBERS}::{name}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and not report.skipped:
        kinds = {mark.name for mark in item.iter_markers()}
        item.config.stash[RAN].update(kinds & set(item.config.stash[WANTED]))
    return _never_skipped(report)


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


def pytest_terminal_summary(terminalreporter, config) -> None:
    ran = config.stash[RAN]
    told = ", ".join(f"{kind} {ran[kind]}" for kind in config.stash[WANTED])
    terminalreporter.write_line(f"long kinds that ran: {told}")
