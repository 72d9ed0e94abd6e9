"""The monthly report: what it says, what it never says, and that a month has one."""

from datetime import UTC, date, datetime

import pytest

from retention.domain.entry import Entry
from retention.errors import DeliveryError, StaleError
from retention.ports.progress import NoProgress
from retention.steps.report import month_before, month_of, report
from retention.steps.today import Asking
from tests.support.world import World


@pytest.fixture
def world():
    """One list was destroyed and certified in November, another dataset is held; it is December."""
    world = World()
    world.fill(["2019", "2020"])
    world.publish(["2019"])
    proposal = world.propose_all()
    world.approve(proposal)
    world.clock.step(days=8)
    world.survey()
    world.advance()
    world.dispose(proposal)
    world.check_gone(proposal)
    world.certify(proposal)
    world.deliver(proposal)
    world.hold(ground="court")
    world.clock.moment = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
    world.courier.letters.clear()
    return world


def asking(world):
    kept = world.library, world.catalogue, world.ledger, world.evidence
    return Asking(*kept, NoProgress(), world.clock.today())


def told(world, courier=None):
    return report(asking(world), lambda: courier or world.courier)


def test_it_says_what_was_destroyed_under_which_certificate_and_what_stands_open(world):
    page = told(world)
    (certified,) = world.kinds(Entry.CERTIFIED)
    assert page.startswith("# Retention in November 2026\n")
    assert certified.text("certificate") in page
    assert "| H-" in page
    assert "court" in page
    assert "## Last good survey of each store" in page
    assert page.rstrip().endswith("## Due in December 2026\n\nNone."), "it is gone already"


def test_it_carries_no_key_no_dataset_and_no_name_of_a_person(world):
    page = told(world)
    assert "patient/" not in page
    assert "/2019" not in page
    assert not [p.name for p in world.library.people() if p.name in page]
    assert all(letter.body == page for letter in world.courier.letters)


def test_a_month_has_one_report_and_each_reader_gets_it_once(world):
    page = told(world)
    sent = len(world.courier.letters)
    assert sent
    world.clock.step(days=9)
    assert told(world) == page
    (written,) = world.kinds(Entry.REPORTED)
    assert written.text("month") == "2026-11"
    assert world.evidence.read(written.text("document")).decode() == page
    assert len(world.courier.letters) == sent
    world.clock.moment = datetime(2027, 1, 1, 7, 0, tzinfo=UTC)
    told(world)
    assert [r.text("month") for r in world.kinds(Entry.REPORTED)] == ["2026-11", "2026-12"]


def test_two_at_once_write_one(world, monkeypatch):
    page, ledger = told(world), world.ledger
    real, calls = ledger.stream, []

    def as_the_other_read_it(stream):
        calls.append(stream)
        return [] if len(calls) == 1 and stream.startswith("report:") else real(stream)

    monkeypatch.setattr(ledger, "stream", as_the_other_read_it)
    world.clock.step(days=1)  # so that what it would write differs
    assert told(world) == page
    with pytest.raises(StaleError):
        ledger.append(world.kinds(Entry.REPORTED)[0], expect=0)
    assert len(world.kinds(Entry.REPORTED)) == 1


def test_one_mailbox_that_refuses_holds_up_no_other_and_is_tried_again(world):
    letters, refuse = [], [True]

    class Grumpy:
        def send(self, letter):
            if refuse and not letters:
                refuse.pop()
                raise DeliveryError("not now", hint="wait")
            letters.append(letter)
            return "sha256:" + "0" * 64

    with pytest.raises(DeliveryError):
        told(world, Grumpy())
    before = len(letters)
    told(world, Grumpy())
    assert len(letters) == before + 1
    assert len({letter.to[0] for letter in letters}) == len(letters)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2027, 1, 1), date(2026, 12, 1), date(2026, 12, 31)),
        (date(2027, 3, 31), date(2027, 2, 1), date(2027, 2, 28)),
        (date(2028, 3, 1), date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_the_month_is_the_last_whole_one(day, first, last):
    assert (month_before(day).first, month_before(day).last) == (first, last)
    assert month_of(first) == month_before(day)


def test_there_is_no_report_of_a_time_before_the_ledger(world):
    world.clock.moment = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
    assert "nothing to report of October 2026" in told(world)
    assert not world.kinds(Entry.REPORTED)
    assert not world.courier.letters
