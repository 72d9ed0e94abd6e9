"""What attacks on a destruction have in common: a world with one approved proposal, and hooks."""

from contextlib import suppress

from retention.domain.entry import Draft, Entry
from retention.errors import RetentionError
from retention.steps import destroy as destruction
from retention.steps.moves import stream_of
from retention.steps.record.halting import Halt, plan_halt
from tests.support.memory import PowerCut
from tests.support.world import World

DATASET = "INV/patient/2019"


def small(monkeypatch):
    """Return a world whose manifest has several batches."""
    monkeypatch.setattr(destruction, "BATCH", 3)
    world = World()
    world.fill()
    world.publish()
    return world


def agreed(world):
    """Return a proposal that both approved."""
    proposal = world.propose_all()
    world.approve(proposal)
    return proposal


def at(name, number, act):
    """Return a hook that acts once, at a call of one port."""
    calls = iter(range(10**6))
    return lambda called: called == name and next(calls) == number and act()


def cut_after(world, kind):
    """Return a hook that cuts the power at the next entry, once one of *kind* stands."""

    def hook(called):
        if called == "ledger.append" and world.kinds(kind):
            raise PowerCut

    return hook


def stop(world, proposal):
    world.record(plan_halt, Halt.STOP, proposal)


def close_incident(world, kind):
    facts = dict.fromkeys(("told", "by", "evidence", "reason"), "invented")
    facts |= {"incident": kind, "dataset": DATASET}
    world.ledger.append(Draft(stream_of(DATASET), Entry.INCIDENT_CLOSED, facts))


def look_and_report(world, proposal):
    """Do what flows do that somebody starts at the wrong moment."""
    with suppress(RetentionError):
        world.check_gone(proposal)
        world.certify(proposal)


def seen(world, proposal):
    """Verify and certify; return the newest look at the one manifest."""
    world.check_gone(proposal)
    world.certify(proposal)
    (verified,) = world.case(proposal).verified.values()
    return verified


def size(world, proposal):
    (manifest,) = world.manifests(proposal)
    return manifest.versions


def still_there(world, proposal):
    (manifest,) = world.manifests(proposal)
    return sum(len(list(world.store.versions(place.uri))) for place in manifest.places)
