"""`retention instruction record NOTICE`: what was answered, on what; and that it was received."""

import json

import pytest
from click.testing import CliRunner

from retention.cli import taking
from retention.cli.main import cli
from retention.steps.notify import notices
from retention.wiring import process
from tests.unit.test_chase import A, B, told, told_but

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

    def run(world, *arguments, verb="record"):
        monkeypatch.setattr(process, "_installed", [Work(world)])
        (notice,) = notices(world.ledger)
        given = ("instruction", verb, notice.id, "--from", "north", *arguments)
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


def test_a_receipt_is_attested_and_taken_back(record):
    world = told_but("north")
    done = record(world, "--received-on", "2026-11-02", *WHY)
    assert done.exit_code == 0, done.output
    assert "The notice period of 30 days counts from 3 November 2026" in " ".join(
        done.output.split()
    )
    (notice,) = notices(world.ledger)
    assert set(notice.reached) == {"north", "south"}
    done = record(world, *WHY, verb="retract")
    assert done.exit_code == 0, done.output
    (notice,) = notices(world.ledger)
    assert set(notice.reached) == {"south"}


@pytest.mark.parametrize("more", [("--answer", "proceed"), ("--return",), ("--dataset", A)])
def test_a_receipt_is_said_alone(record, more):
    done = record(told(), "--received-on", "2026-11-02", *more, *WHY)
    assert done.exit_code == 2


def test_an_instruction_or_a_receipt_is_taken_back_and_not_both(record):
    done = record(told(), "I-0001", *WHY, verb="retract")
    assert done.exit_code == 2
    assert "name an instruction by its number, or a notice and --from whom" in done.output


def test_for_programs_a_day_that_nobody_can_tell_is_null(record):
    done = record(told_but("north"), "--received-on", "2026-11-02", "--json", *WHY)
    (touched,) = json.loads(done.stdout)["preview"]["touches"]
    assert touched["changes"] == [
        {"what": "north has the notice since", "before": None, "after": "2026-11-02"},
        {"what": "people asked from", "before": None, "after": None},
    ]
