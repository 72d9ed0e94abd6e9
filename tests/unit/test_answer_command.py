"""`retention instruction record NOTICE --answer`: on all of a notice, or on one dataset of it."""

import pytest
from click.testing import CliRunner

from retention.cli import taking
from retention.cli.main import cli
from retention.steps.notify import notices
from retention.wiring import process
from tests.unit.test_chase import A, B, told

WHY = ("--evidence", "letter.txt", "--reason", "Their reply of today", "--as", "rm-01", "--yes")


class Work:
    """What an act takes from a composition."""

    def __init__(self, world):
        self.library, self.catalogue, self.ledger = world.library, world.catalogue, world.ledger
        self.clock, self.evidence = world.clock, world.evidence

    def agreements(self):
        return self.library.agreements(self.clock.today())

    def bear_witness(self):
        pass


@pytest.fixture
def record(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "letter.txt").write_text("an invented letter")

    def by_id(work, name):
        return next(p for p in work.library.people() if p.id == name)

    monkeypatch.setattr(taking, "authenticated", by_id)

    def run(world, *arguments):
        monkeypatch.setattr(process, "_installed", [Work(world)])
        (notice,) = notices(world.ledger)
        given = ("instruction", "record", notice.id, "--from", "north", *arguments)
        return CliRunner().invoke(cli, list(given))

    return run


def test_an_answer_on_one_dataset_leaves_the_others_alone(record):
    world = told(("2019", "2020"))
    done = record(world, "--answer", "object", "--dataset", A, *WHY)
    assert done.exit_code == 0, done.output
    assert "It is on 1 of the 2 datasets of this notice; the others go on." in done.output
    (notice,) = notices(world.ledger)
    assert (notice.answer_of("north", A), notice.answer_of("north", B)) == ("object", "")


def test_a_dataset_belongs_to_an_answer(record):
    done = record(told(), "--dataset", A, "--return", "--signed-on", "2026-11-02", *WHY)
    assert done.exit_code == 2
    assert "--dataset belongs to --answer" in done.output
