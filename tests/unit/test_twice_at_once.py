"""Two schedulers, or a schedule that stands there twice: what runs at once ends as one run ends.

At each call of every port of a run another run of the same flow goes from its beginning to its end.
"""

from collections import Counter
from contextlib import suppress
from itertools import count

import pytest

from retention.domain.entry import Entry
from retention.errors import RefusedError
from retention.ports.progress import NoProgress
from retention.steps.heartbeat import note_ran
from retention.steps.report import report
from retention.steps.today import Asking
from tests.support import stores
from tests.support.world import World

EVERY = 3  # calls: two flows at the same ones are tried by the other offsets


def began():
    world = World()
    world.fill(["2019", "2020"], objects=2)
    world.publish(["2019", "2020"])
    return world


def to_propose():
    world = began()
    world.survey()
    world.notify()
    world.controllers_answer()
    return world, world.propose


def to_notify():
    world = began()
    world.survey()
    return world, world.advance


def to_move_on():
    """One list is approved and has lapsed, the other was settled: there is much to bring to date."""
    world, propose = to_propose()
    for proposal in propose():
        world.approve(proposal)
    world.clock.step(days=40)
    world.survey()
    return world, world.advance


def to_survey():
    world = began()
    return world, world.survey


def to_report():
    world, propose = to_propose()
    propose()
    world.clock.step(days=40)
    kept = world.library, world.catalogue, world.ledger, world.evidence
    asking = Asking(*kept, NoProgress(), world.clock.today())
    return world, lambda: report(asking, lambda: world.courier)


def to_note():
    world = began()
    return world, lambda: note_ran("advance", world.ledger, world.clock.now())


FLOWS = {
    "propose": to_propose,
    "advance, to notify": to_notify,
    "advance, to move on": to_move_on,
    "survey": to_survey,
    "report": to_report,
    "a day of a flow": to_note,
}
# Whoever looks twice has looked twice; a dataset may go back and come again on its way.
DIFFER = {Entry.STORE_SURVEYED, Entry.SURVEYED, Entry.MOVED}


def ends(world):
    """Return what stands there, as far as two runs may not differ from one."""
    kinds = Counter(r.kind for r in world.ledger.records if r.kind not in DIFFER)
    # A server may take the same letter twice; the first of them counts.
    accepted = {
        (r.text("notice"), r.text("controller")) for r in world.kinds(Entry.NOTICE_ACCEPTED)
    }
    kinds[Entry.NOTICE_ACCEPTED] = len(accepted)
    places = Counter((r.stream, r.position) for r in world.ledger.records)
    assert max(places.values()) == 1
    return kinds, {r.stream: r.text("after") for r in world.kinds(Entry.MOVED)}


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
def test_a_run_in_the_middle_of_another_changes_nothing_of_the_end(flow, monkeypatch):
    def fresh():
        monkeypatch.setattr(stores, "_NUMBERS", count(1))
        return flow()

    world, run = fresh()
    calls = []
    with world.dying(calls.append):
        run()
    run()
    once = ends(world)
    for at in range(len(calls) % EVERY, len(calls), EVERY):
        world, run = fresh()
        seen = count()

        def another(_name, world=world, run=run, seen=seen, at=at):
            if next(seen) == at:
                world.calls = lambda _: None
                run()

        # Where the other was faster, this one is refused: it is tried again on its next day.
        with world.dying(another), suppress(RefusedError):
            run()
        run()
        assert ends(world) == once, f"after a second run at call {at} of {len(calls)}"
