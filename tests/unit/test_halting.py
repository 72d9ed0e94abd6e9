"""A person halts a disposal: everywhere, within one batch, and for good."""

import pytest

from retention.domain.case import run_stream
from retention.domain.entry import Draft, Entry
from retention.errors import NotAuthorisedError, RefusedError
from retention.steps import destroy as destruction
from retention.steps.record.halting import Halt, plan_halt
from tests.support.memory import DieAt, PowerCut
from tests.support.world import World


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(destruction, "BATCH", 3)
    world = World()
    world.fill(("2019", "2020"))
    world.publish(("2019", "2020"))
    return world


@pytest.fixture
def proposal(world):
    proposal = world.propose_all()
    world.approve(proposal)
    return proposal


def halt(world, what, name, by="rm-01"):
    return world.record(plan_halt, what, name, by=by)


def at(name, number, act):
    """Return a hook that acts once, at a call of one port."""
    calls = iter(range(10**6))
    return lambda called: called == name and next(calls) == number and act()


@pytest.mark.parametrize("batch", range(1, 7))
def test_a_stop_during_a_batch_lets_it_end_and_announces_no_other(world, proposal, batch):
    stops = at("store.destroy", batch, lambda: halt(world, Halt.STOP, world.mark(proposal)))
    with world.dying(stops), pytest.raises(NotAuthorisedError, match="spent"):
        world.dispose(proposal)
    halted = world.kinds(Entry.HALTED)[0].index
    assert all(r.index < halted for r in world.kinds(Entry.INTENT))
    assert all(r.index < halted for r in world.kinds(Entry.OUTCOME)[:-1])
    world.ledger.audit()


def test_what_a_stop_leaves_is_reported_and_goes_back_to_review(world, proposal):
    stops = at("store.destroy", 2, lambda: halt(world, Halt.STOP, proposal))
    with world.dying(stops), pytest.raises(NotAuthorisedError):
        world.dispose(proposal)
    with pytest.raises(NotAuthorisedError):
        world.dispose(proposal)
    world.advance()
    assert world.next_steps() == [("check_gone", proposal)]
    world.check_gone(proposal)
    world.certify(proposal)
    world.advance()
    assert set(world.case(proposal).certified) == {"partial"}
    back = {
        r.text("after") for r in world.kinds(Entry.MOVED) if r.text("event") == "REOPEN".lower()
    }
    assert back == {"due"}


def test_two_workers_both_halt(world, proposal):
    with pytest.raises(PowerCut), world.dying(DieAt(2, port="store.destroy")):
        world.dispose(proposal)
    halt(world, Halt.STOP, proposal)
    orders = len(world.store.orders)
    for _ in range(2):
        with pytest.raises(NotAuthorisedError):
            world.dispose(proposal)
    assert len(world.store.orders) == orders


def test_an_approval_is_withdrawn_before_anything_began(world, proposal):
    halt(world, Halt.ABORT, proposal, by="iao-01")
    with pytest.raises(NotAuthorisedError, match="aborted"):
        world.dispose(proposal)
    assert not world.store.orders
    world.advance()
    assert world.next_steps() == []
    assert {world.state("INV/patient/2019"), world.state("INV/patient/2020")} <= {
        "due",
        "notified",
    }


def test_it_is_too_late_to_withdraw_what_has_begun(world, proposal):
    with pytest.raises(PowerCut), world.dying(DieAt(1, port="store.destroy")):
        world.dispose(proposal)
    with pytest.raises(RefusedError, match="has begun"):
        halt(world, Halt.ABORT, proposal)


@pytest.mark.parametrize("what", Halt)
def test_nothing_is_halted_twice_nor_what_is_over_nor_what_nobody_approved(world, what):
    proposal = world.propose_all()
    with pytest.raises(RefusedError, match="nobody has approved"):
        halt(world, what, proposal)
    world.approve(proposal)
    with pytest.raises(NotAuthorisedError):
        halt(world, what, proposal, by="audit-01")
    with pytest.raises(RefusedError, match="no such proposal"):
        halt(world, what, "0000-0000")
    halt(world, what, proposal)
    with pytest.raises(RefusedError, match="spent already"):
        halt(world, what, proposal)


def test_what_was_ordered_to_its_end_cannot_be_stopped(world, proposal):
    world.dispose(proposal)
    with pytest.raises(RefusedError, match="ordered already"):
        halt(world, Halt.STOP, proposal)


def test_who_stopped_it_and_why_is_kept_and_no_word_of_it_is_on_the_ledger(world, proposal):
    halt(world, Halt.STOP, proposal)
    (halted,) = world.kinds(Entry.HALTED)
    assert (halted.text("by"), halted.text("act")) == ("rm-01", "stop")
    assert b"the period has ended" in world.evidence.read(halted.text("reason"))
    assert world.evidence.read(halted.text("evidence"))


def test_a_stop_that_was_cut_off_spends_the_approval_when_it_is_run_again(world, proposal):
    def held_and_cut_off(name):
        if name == "store.destroy done" and not world.kinds(Entry.HOLD_PLACED):
            world.hold()
        if world.kinds(Entry.STOPPED):
            raise PowerCut

    with pytest.raises(PowerCut), world.dying(held_and_cut_off):
        world.dispose(proposal)
    assert not world.kinds(Entry.SPENT)
    with pytest.raises(NotAuthorisedError, match="stopped"):
        world.dispose(proposal)
    assert len(world.kinds(Entry.SPENT)) == 1
    assert world.next_steps() == [("check_gone", proposal)]


# Cancelling the run in the Prefect UI.


def cancel(world, run, person):
    """Write what the gate writes when a person cancels a run."""
    world.ledger.append(Draft(run_stream(run), Entry.CANCELLED, {"run": run, "person": person}))


@pytest.mark.parametrize("batch", range(1, 5))
def test_a_run_that_is_cancelled_stops_before_the_next_batch(world, proposal, batch):
    hook = at("store.destroy", batch, lambda: cancel(world, "run-1", "rm-01"))
    with world.dying(hook), pytest.raises(NotAuthorisedError, match="cancelled"):
        world.dispose(proposal, run="run-1")
    cancelled = world.kinds(Entry.CANCELLED)[0].index
    assert all(r.index < cancelled for r in world.kinds(Entry.INTENT))
    with pytest.raises(NotAuthorisedError):
        world.dispose(proposal, run="run-2")


def test_a_run_that_was_killed_when_it_was_cancelled_is_not_taken_up(world, proposal):
    with pytest.raises(PowerCut), world.dying(DieAt(2, port="store.destroy")):
        world.dispose(proposal, run="run-1")
    cancel(world, "run-1", "iao-01")
    world.advance()
    assert world.case(proposal).spent.text("why") == "stopped"
    assert world.next_steps() == [("check_gone", proposal)]


def test_whoever_may_not_stop_a_disposal_cancels_a_run_and_no_more(world, proposal):
    with pytest.raises(PowerCut), world.dying(DieAt(2, port="store.destroy")):
        world.dispose(proposal, run="run-1")
    cancel(world, "run-1", "audit-01")
    world.advance()
    assert world.next_steps() == [("dispose", proposal)]
    world.dispose(proposal, run="run-2")
    assert len(world.case(proposal).ordered) == 2


def test_another_run_that_is_cancelled_is_none_of_its_business(world, proposal):
    cancel(world, "run-9", "rm-01")
    world.dispose(proposal, run="run-1")
    assert len(world.case(proposal).ordered) == 2
