"""Rule 8: whenever a disposal dies, the next run ends where it would have ended."""

import re
from itertools import count

import pytest

from retention.domain.certificate import Certificate
from retention.domain.dataset import Fate
from retention.domain.entry import Entry
from retention.steps import destroy as destruction
from tests.support import stores
from tests.support.memory import DieAt, PowerCut
from tests.support.world import World


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(destruction, "BATCH", 3)  # so that a handful of versions is many batches


def approved(monkeypatch, objects):
    """Return the same world each time, with one proposal of *objects* that both approved."""
    monkeypatch.setattr(stores, "_NUMBERS", count(1))
    world = World()
    world.fill(objects=objects)
    world.publish()
    proposal = world.propose_all()
    world.approve(proposal)
    return world, proposal


ROUNDS_MAX = 12
INSTANT = re.compile(r"[0-9-]{10}T[0-9:.]{12}Z")  # a rerun is later, and nothing else
ANSWERS = {"records-manager": "rm-01", "information-asset-owner": "iao-01"}


def run(world):
    """Go on as the unattended flows do: by what the ledger says may run, and by nothing else."""
    for _ in range(ROUNDS_MAX):
        world.advance()
        steps = world.next_steps()
        if not steps:
            return
        for flow, proposal in steps:
            if flow == "review":
                while (step := world.desk(proposal).unanswered()) is not None:
                    world.answer(proposal, ANSWERS[step], step)
            else:
                getattr(world, flow)(proposal)
    raise AssertionError(f"it does not come to an end: {steps}")


def ending(world, proposal):
    """Return what must be the same however often the run died on the way."""
    case = world.case(proposal)
    (certified,) = case.certified.values()
    statement = world.evidence.read(certified.text("statement"))
    return {
        "held": sorted(world.store.held),
        "statement": INSTANT.sub("", Certificate.read(statement).statement().decode()),
        "states": {r.text("dataset"): r.text("after") for r in world.kinds(Entry.MOVED)},
        "letters": {(*each.to, each.subject) for each in world.courier.letters},
    }


def test_wherever_a_disposal_dies_its_rerun_ends_the_same(monkeypatch):
    world, proposal = approved(monkeypatch, objects=3)
    with world.dying(DieAt()) as counting:
        run(world)
    whole, calls = ending(world, proposal), counting.calls
    assert calls > 500
    for call in range(calls):
        world, proposal = approved(monkeypatch, objects=3)
        with pytest.raises(PowerCut), world.dying(DieAt(call)):
            run(world)
        run(world)
        assert ending(world, proposal) == whole, call
        assert_honest(world, proposal)


def test_wherever_asking_people_dies_the_review_ends_and_everything_is_gone(monkeypatch):
    def asked():
        monkeypatch.setattr(stores, "_NUMBERS", count(1))
        world = World()
        world.fill(objects=2)
        world.publish()
        world.propose_all()
        return world

    world = asked()
    with world.dying(DieAt()) as counting:
        run(world)
    ended = {r.text("dataset"): r.text("after") for r in world.kinds(Entry.MOVED)}
    for call in range(0, counting.calls, 3):
        world = asked()
        with pytest.raises(PowerCut), world.dying(DieAt(call)):
            run(world)
        run(world)
        states = {r.text("dataset"): r.text("after") for r in world.kinds(Entry.MOVED)}
        assert states == ended, call
        assert not world.buckets["records"].held | world.buckets["dr"].held, call


@pytest.mark.full
def test_sixty_versions_die_anywhere_and_end_the_same(monkeypatch):
    world, proposal = approved(monkeypatch, objects=19)
    with world.dying(DieAt()) as counting:
        run(world)
    whole, calls = ending(world, proposal), counting.calls
    manifest = world.case(proposal).proposed.number("versions")
    assert manifest >= 59
    for call in range(calls):
        world, proposal = approved(monkeypatch, objects=19)
        with pytest.raises(PowerCut), world.dying(DieAt(call)):
            run(world)
        run(world)
        assert ending(world, proposal) == whole, call
        assert_honest(world, proposal)


def assert_honest(world, proposal):
    """Every order was announced, and nothing outside the manifest is gone."""
    case = world.case(proposal)
    announced = sum(
        r.number("last") - r.number("first") + 1 for each in case.intents.values() for r in each
    )
    assert sum(map(len, world.store.orders)) <= announced
    for verified in case.verified.values():
        assert verified.number(Fate.UNKNOWN) == 0
    assert {v.key for v in world.store.held} == {v.key for v in world.buckets["backup"].held}
    world.ledger.audit()
