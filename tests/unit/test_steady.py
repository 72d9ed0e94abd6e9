"""An authority that reads again only what grew: the same yes, and never a yes too many."""

import pytest

from retention.domain.entry import Draft, Entry
from retention.errors import HeldError, NotAuthorisedError
from retention.steps.dispose import approved
from retention.steps.steady import SteadyAuthority
from tests.support.world import World


class Counted:
    """An authority that counts how often everything was read."""

    def __init__(self, fresh):
        self.fresh, self.asked = fresh, 0

    def require(self, approval, manifest, *, begun, seen_gone=False):
        self.asked += 1
        return self.fresh.require(approval, manifest, begun=begun, seen_gone=seen_gone)


@pytest.fixture
def world():
    world = World()
    world.fill()
    world.publish()
    return world


@pytest.fixture
def asking(world):
    """What asks a steady authority, and the one behind it."""
    proposal = world.propose_all()
    world.approve(proposal)
    approval, (manifest,) = approved(proposal, world.ledger, world.evidence)
    fresh = Counted(world.authority)
    steady = SteadyAuthority(fresh, world.ledger, world.clock, world.library.edition)
    return lambda begun=True: steady.require(approval, manifest, begun=begun), fresh


def test_while_nothing_grows_it_is_read_once(world, asking):
    ask, fresh = asking
    assert ask() == ask() == ask()
    assert fresh.asked == 1


def test_what_others_write_elsewhere_is_no_reason_to_read_again(world, asking):
    ask, fresh = asking
    ask()
    spent = {"proposal": "other", "why": "lapsed"}
    world.ledger.append(Draft("proposal:other", Entry.SPENT, spent))
    ask()
    assert fresh.asked == 1


def test_a_hold_is_noticed_at_once(world, asking):
    ask, _ = asking
    ask()
    world.hold()
    with pytest.raises(HeldError):
        ask()


def test_a_no_is_not_remembered_as_a_yes(world, asking):
    ask, fresh = asking
    ask()
    world.hold()
    for _ in range(2):
        with pytest.raises(HeldError):
            ask()
    assert fresh.asked == 3


def test_another_day_is_another_question(world, asking):
    ask, fresh = asking
    ask()
    world.clock.step(days=1)
    ask()
    assert fresh.asked == 2
    world.clock.step(days=15)
    with pytest.raises(NotAuthorisedError, match="lapsed"):
        ask()


def test_before_and_after_the_first_intent_are_two_questions(asking):
    ask, fresh = asking
    ask(begun=False)
    ask(begun=True)
    assert fresh.asked == 2
