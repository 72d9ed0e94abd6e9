"""Ask the command about an invented organisation, in this process; compare with what was looked at."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from retention.cli.main import cli
from retention.wiring import process
from tests.support.memory import MemoryEvidence

GOLDEN = Path(__file__).parents[1] / "golden"


class Work:
    """What the questions take from a composition."""

    has_begun = True
    has_custodian = False
    silent = ()  # what should have happened and has not

    def __init__(self, here):
        self.library, self.catalogue, self.ledger = here.library, here.catalogue, here.ledger
        self.clock, self.evidence = here.clock, MemoryEvidence()

    @property
    def unattended(self):
        return self

    def stale(self, crons):
        return list(self.silent)

    def runs(self):
        raise ConnectionError("nobody serves")


def ask(here, *arguments, exit_code=0):
    """Ask the command about an organisation, and return what it printed."""
    before = list(process._installed)
    process._installed[:] = [Work(here)]
    try:
        done = CliRunner().invoke(cli, list(arguments), env={"COLUMNS": "100"})
    finally:
        process._installed[:] = before
    assert done.exit_code == exit_code, done.output
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def same(name, found, tmp_path):
    """Fail unless *found* is what is kept under *name*."""
    kept = GOLDEN / name
    if not kept.exists() or kept.read_text() != found:
        (tmp_path / name).write_text(found)
        pytest.fail(f"look at it, then: cp {tmp_path / name} {kept}")
