"""To hold and to stop waits for nothing that has nothing to do with it."""

import pytest

from retention.domain.entry import Entry
from tests.support.acting import HOLD, YES, Acting
from tests.support.world import World


@pytest.fixture
def world():
    """Return a world with an approval, of which the document of a notice is lost meanwhile."""
    world = World()
    world.fill()
    world.publish()
    proposal = world.propose_all()
    world.approve(proposal)
    (notice,) = world.kinds(Entry.NOTICE)
    del world.evidence.kept[notice.text("document")]
    return world


def test_a_hold_is_placed_where_the_document_of_a_notice_is_lost(world):
    acting = Acting(world, "hold")
    acting.run()
    assert acting.through({**HOLD, "holds": "INV/patient/2019"}, YES).recorded


def test_a_disposal_is_stopped_where_the_document_of_a_notice_is_lost(world):
    (proposed,) = world.kinds(Entry.PROPOSED)
    acting = Acting(world, "stop")
    acting.run()
    said = {"mark": world.mark(proposed.text("proposal")), "reason": "the wrong round it was"}
    assert acting.through(said, YES).recorded
