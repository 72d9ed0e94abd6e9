"""Rule 8 for keys: whenever their end dies on the way, the next run ends where it would have ended."""

import re
from itertools import count

import pytest

from retention.domain.certificate import Certificate
from retention.domain.entry import Entry
from tests.support import kms, stores
from tests.support.keyed import KeyedWorld
from tests.support.memory import DieAt, PowerCut

INSTANT = re.compile(r"[0-9-]{10}T[0-9:.]{12}Z")  # a rerun is later, and nothing else
ROUNDS_MAX = 12
ACTS = ("kms.schedule_key_deletion", "kms.cancel_key_deletion")


def gone(monkeypatch):
    """Return the same world each time, live data seen gone, and the key not ordered yet."""
    monkeypatch.setattr(stores, "_NUMBERS", count(1))
    monkeypatch.setattr(kms, "_NUMBERS", count(1))
    world = KeyedWorld()
    world.fill(objects=1)
    world.publish()
    return world, world.gone()


def settle(world):
    for _ in range(ROUNDS_MAX):
        world.advance()
        steps = world.next_steps()
        if not steps:
            return
        for flow, proposal in steps:
            getattr(world, flow)(proposal)
    raise AssertionError(f"it does not come to an end: {steps}")


def run(world):
    """Go through three days of work: the order, a look, and the day on which it is gone."""
    while True:
        settle(world)
        if world.days_left == []:
            return
        world.clock.step(days=world.days_left.pop(0))
        world.backups_age_out()


def ending(world, proposal, kind):
    record = world.case(proposal).certified[kind]
    statement = Certificate.read(world.evidence.read(record.text("statement"))).statement()
    return {
        "state": world.kms.state(world.key),
        "statement": INSTANT.sub("", statement.decode()),
        "states": {r.text("dataset"): r.text("after") for r in world.kinds(Entry.MOVED)},
        "standing": world.standing(proposal),
        "taken": [r.text("answer") for r in world.kinds(Entry.KEY_OUTCOME)][-1:],
    }


def honest(world):
    """Every order was announced before it, and it was given once."""
    intents = [r.index for r in world.kinds(Entry.KEY_INTENT)]
    orders = world.kms.calls.count("schedule_key_deletion")
    assert orders <= len(intents)
    assert world.kms.calls.count("cancel_key_deletion") <= len(world.kinds(Entry.KEY_CANCEL))
    world.ledger.audit()


def deaths(names, *, every):
    """Return the calls to die at: around each order and withdrawal, or one in *every* of all."""
    if every:
        return range(0, len(names), every)
    acts = {n for n, name in enumerate(names) if name.startswith(ACTS)}
    return sorted({n + near for n in acts for near in (-2, 0, 1, 2, 3) if n + near >= 0})


def every_death(monkeypatch, story, kind, every):
    world, proposal = gone(monkeypatch)
    names = []
    with world.dying(names.append):
        story(world)
    whole = ending(world, proposal, kind)
    assert len(names) > 100
    for call in deaths(names, every=every):
        world, proposal = gone(monkeypatch)
        with pytest.raises(PowerCut), world.dying(DieAt(call)):
            story(world)
        story(world)
        assert ending(world, proposal, kind) == whole, names[call]
        honest(world)
    return whole


def to_the_end(world):
    world.days_left = getattr(world, "days_left", [2, 30])
    run(world)


def held_in_the_window(world):
    settle(world)
    if not world.kinds(Entry.HOLD_PLACED):
        world.hold("INV/patient/2019")
    settle(world)


@pytest.mark.parametrize("every", [0, pytest.param(5, marks=pytest.mark.full)])
def test_wherever_the_end_of_a_key_dies_its_rerun_ends_the_same(monkeypatch, every):
    whole = every_death(monkeypatch, to_the_end, "final", every)
    assert (whole["state"], whole["standing"], whole["taken"]) == (None, "GONE", ["taken"])


@pytest.mark.parametrize("every", [0, pytest.param(5, marks=pytest.mark.full)])
def test_wherever_a_withdrawal_dies_its_rerun_ends_the_same(monkeypatch, every):
    whole = every_death(monkeypatch, held_in_the_window, "interim", every)
    assert (whole["state"], whole["standing"]) == ("Disabled", "CANCELLED")
