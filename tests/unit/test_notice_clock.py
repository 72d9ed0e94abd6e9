"""The notice clock at the place where it bites: ruling 15, from letters to the first question."""

from datetime import UTC, date, datetime

import pytest

from retention.domain.agreement import Silence
from retention.domain.clock import Period
from retention.domain.entry import Draft, Entry
from retention.errors import DeliveryError
from retention.steps.notify import notices
from tests.support.memory import FixedClock
from tests.support.world import World

BOTH = ("north", "south")
LATE = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # half past midnight on the 25th in London


class Refusing:
    """Takes letters for all but one address."""

    def __init__(self, address):
        self.address, self.letters = address, []

    def send(self, letter):
        if self.address in letter.to:
            raise DeliveryError("the mailbox is unknown", hint="look at the address")
        self.letters.append(letter)
        return "sha256:" + "0" * 64


@pytest.fixture
def world():
    world = World(notice=Period.parse("P30D"), silence=Silence.PROCEED)
    world.fill()
    world.publish()
    world.survey()
    return world


def ripe_on(world, controllers=BOTH):
    (notice,) = notices(world.ledger)
    return notice.ripe_on(world.library.now, controllers)


def test_it_begins_on_the_day_after_the_last_controller_accepted(world):
    world.courier = Refusing("south@example.invalid")
    with pytest.raises(DeliveryError):
        world.notify()
    assert ripe_on(world) is None, "a bounce does not start it"
    assert ripe_on(world, ("north",)) == date(2026, 12, 3)
    world.clock.step(days=4)
    world.courier = Refusing("nobody@example.invalid")
    world.notify()
    # Accepted 2 and 6 November: day one is the 7th, day thirty 6 December.
    assert ripe_on(world) == date(2026, 12, 7)


def test_the_first_acceptance_of_each_counts(world):
    world.notify()
    before = ripe_on(world)
    world.clock.step(days=10)
    (notice,) = notices(world.ledger)
    facts = {"notice": notice.id, "controller": "south", "message": "sha256:" + "1" * 64}
    world.ledger.append(Draft(f"notice:{notice.id}", Entry.NOTICE_ACCEPTED, facts))
    assert ripe_on(world) == before == date(2026, 12, 3)


def test_the_day_of_acceptance_is_london_s():
    world = World(notice=Period.parse("P30D"), silence=Silence.PROCEED)
    world.clock = world.ledger.clock = FixedClock(LATE)
    world.fill()
    world.publish()
    world.survey()
    world.notify()
    # Accepted on the 25th: 30 days are over on 24 November.
    assert ripe_on(world) == date(2026, 11, 25)


def test_nobody_is_asked_before_the_notice_is_over(world):
    world.notify()
    world.clock.step(days=30)
    assert world.clock.today() == date(2026, 12, 2)
    assert world.propose() == []
    world.clock.step(days=1)
    assert len(world.propose()) == 1


def test_silence_is_no_answer_where_the_agreement_waits_for_one(world):
    world = World(notice=Period.parse("P30D"), silence=Silence.WAIT)
    world.fill()
    world.publish()
    world.survey()
    world.notify()
    assert ripe_on(world) is None
    world.controllers_answer()
    assert ripe_on(world) == date(2026, 12, 3)


def test_one_objection_stops_the_notice_for_all(world):
    world.notify()
    world.controllers_answer("object")
    assert ripe_on(world) is None
