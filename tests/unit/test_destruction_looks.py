"""Attacks on what is seen of a destruction, each of which once went through.

A look is one at the end, or it is none; and what is between two entries is not forgotten.
"""

from contextlib import suppress

import pytest

from retention.domain.entry import Entry
from retention.domain.share import Share
from retention.errors import (
    NotAuthorisedError,
    RefusedError,
    RetentionError,
    StoreError,
)
from retention.steps import destroy as destruction
from retention.steps.begin import begin
from retention.steps.dispose import approved
from retention.steps.incidents import raise_incident
from retention.steps.residual import destroyed_on
from tests.support.attacked import (
    DATASET,
    agreed,
    at,
    close_incident,
    cut_after,
    look_and_report,
    seen,
    size,
    small,
    still_there,
    stop,
)
from tests.support.memory import DieAt, PowerCut
from tests.support.world import World


@pytest.fixture
def world(monkeypatch):
    return small(monkeypatch)


@pytest.fixture
def proposal(world):
    return agreed(world)


# A look is one at the end, or it is none.


def test_a_look_before_the_first_order_is_no_look_at_the_end(world, proposal):
    look_and_report(world, proposal)
    world.dispose(proposal)
    assert seen(world, proposal).number("destroyed") == size(world, proposal)
    assert set(world.case(proposal).certified) == {"interim"}


@pytest.mark.parametrize("order", range(4))
def test_a_look_in_mid_run_is_no_look_at_the_end(world, proposal, order):
    hook = at("store.destroy", order, lambda: look_and_report(world, proposal))
    with world.dying(hook):
        world.dispose(proposal)
    assert seen(world, proposal).number("destroyed") == size(world, proposal)
    assert set(world.case(proposal).certified) == {"interim"}


def test_what_is_being_ordered_when_a_stop_comes_is_reported_when_it_has_ended(world, proposal):
    def stop_and_look():
        stop(world, proposal)
        world.advance()
        look_and_report(world, proposal)

    with world.dying(at("store.destroy", 1, stop_and_look)), pytest.raises(NotAuthorisedError):
        world.dispose(proposal)
    verified = seen(world, proposal)
    left = still_there(world, proposal)
    assert (verified.number("destroyed"), verified.number("held_back")) == (
        size(world, proposal) - left,
        left,
    )


def test_a_worker_that_is_dead_holds_up_a_report_for_minutes_only(world, proposal):
    with pytest.raises(PowerCut), world.dying(DieAt(1, port="store.destroy")):
        world.dispose(proposal)
    stop(world, proposal)
    with pytest.raises(StoreError, match="in a worker's hands"):
        world.check_gone(proposal)
    world.clock.step(minutes=13)
    assert seen(world, proposal).number("unknown") == 0


def test_an_answer_that_comes_after_the_look_makes_it_no_look_at_the_end(world, proposal):
    def sleep_and_look():
        stop(world, proposal)
        world.clock.step(minutes=13)  # longer than its lease: the machine slept
        world.check_gone(proposal)

    with world.dying(at("store.destroy", 1, sleep_and_look)), pytest.raises(NotAuthorisedError):
        world.dispose(proposal)
    assert not world.case(proposal).is_known(world.manifests(proposal)[0].root)
    verified = seen(world, proposal)
    assert verified.number("held_back") == still_there(world, proposal)


def test_a_place_that_cannot_be_listed_is_not_one_where_nothing_arrived():
    world = World()
    world.put()
    world.publish()
    proposal = agreed(world)
    world.dispose(proposal)
    world.put("patient/2019/new", copy="dr")  # nothing was frozen there
    world.store.denied.add("dr")
    with pytest.raises(StoreError):
        world.check_gone(proposal)
    world.store.denied.clear()
    assert seen(world, proposal).number("arrivals") == 1


# Between two entries.


def test_a_worker_that_dies_in_mid_stop_leaves_a_disposal_that_is_stopped(world, proposal):
    cut = cut_after(world, Entry.STOPPED)
    placed = []

    def hook(name):
        if name == "store.destroy" and not placed:
            placed.append(name)
            world.hold(DATASET)
        cut(name)

    with world.dying(hook), pytest.raises(PowerCut):
        world.dispose(proposal)
    with pytest.raises(NotAuthorisedError, match="stopped"):
        world.dispose(proposal)
    world.advance()
    assert world.next_steps() == [("check_gone", proposal)]


def test_a_worker_that_dies_when_it_saw_a_drift_leaves_an_approval_that_is_spent(world, proposal):
    late = world.put("patient/2019/late")
    with world.dying(cut_after(world, Entry.BEGIN_LISTING)), suppress(PowerCut, RefusedError):
        world.dispose(proposal)
    assert world.kinds(Entry.BEGIN_LISTING)
    world.buckets["records"].held.discard(late)
    with pytest.raises(NotAuthorisedError, match="drifted"):
        world.dispose(proposal)
    assert not world.store.orders


def test_of_two_listings_the_last_says_what_was_there_to_be_ordered(world, proposal):
    gone = []

    def list_again():  # another worker does, before this one announces anything
        gone.append(max(world.buckets["records"].held))
        world.buckets["records"].held.discard(gone[0])
        approval, manifests = approved(proposal, world.ledger, world.evidence)
        begin(
            manifests,
            approval,
            authority=world.authority,
            lister=world.store,
            ledger=world.ledger,
            evidence=world.evidence,
            clock=world.clock,
        )

    asked = []

    def hook(name):
        if name == "ledger.lengths" and world.kinds(Entry.BEGIN_LISTING) and not asked:
            asked.append(name)
            list_again()

    with world.dying(hook):
        world.dispose(proposal)
    assert not any(gone[0] in order for order in world.store.orders)
    assert seen(world, proposal).number("absent_before") == 1


def test_a_stop_that_comes_when_all_was_ordered_leaves_a_dataset_that_is_gone(world, proposal):
    def cut_at_the_end(name):
        answered = [r for r in world.ledger.records if r.kind is Entry.OUTCOME]
        if name == "ledger.append" and answered[-1:] and _is_last(answered[-1], world, proposal):
            raise PowerCut

    with world.dying(cut_at_the_end), pytest.raises(PowerCut):
        world.dispose(proposal)
    stop(world, proposal)
    world.advance()
    seen(world, proposal)
    world.advance()
    assert set(world.case(proposal).certified) == {"interim"}
    assert world.state(DATASET) == "residual"


def _is_last(outcome, world, proposal):
    return outcome.number("last") == world.proposal(proposal).items[0].manifest.versions


# What was once so, and is not now.


def test_a_place_that_looks_empty_for_the_second_time_is_an_incident_again(world):
    on = world.clock.today()
    raise_incident(world.ledger, "store-looks-empty", DATASET, noticed_on=on, personal=False)
    close_incident(world, "store-looks-empty")
    world.clock.step(days=2)
    proposal = agreed(world)
    for copy in ("records", "dr"):
        world.buckets[copy].held.clear()
    with pytest.raises(RetentionError, match="looks empty"):
        world.dispose(proposal)
    assert len(world.kinds(Entry.INCIDENT)) == 2  # and somebody can close it


def test_a_lease_from_a_clock_that_was_wrong_is_not_held_for_ever(world, proposal):
    world.clock.step(hours=10)
    with pytest.raises(PowerCut), world.dying(DieAt(1, port="store.destroy")):
        world.dispose(proposal)
    world.clock.step(hours=-10)
    world.dispose(proposal)
    assert world.case(proposal).ordered
    assert still_there(world, proposal) == 0


@pytest.mark.parametrize(("before", "then"), [(2, 5), (5, 2), (5, 3), (3, 4)])
def test_batches_of_another_size_lose_nothing_of_those_before(monkeypatch, world, before, then):
    proposal = agreed(world)
    monkeypatch.setattr(destruction, "BATCH", before)
    with pytest.raises(PowerCut), world.dying(DieAt(2, port="store.destroy")):
        world.dispose(proposal)
    world.clock.step(minutes=13)
    monkeypatch.setattr(destruction, "BATCH", then)  # as a new release may
    stops = at("store.destroy", 1, lambda: stop(world, proposal))
    with world.dying(stops), suppress(RefusedError):
        world.dispose(proposal)
    world.clock.step(minutes=13)
    left = still_there(world, proposal)
    assert seen(world, proposal).number("destroyed") == size(world, proposal) - left


def test_what_went_last_and_without_an_answer_gives_the_day_of_destruction(world, proposal):
    with pytest.raises(PowerCut), world.dying(DieAt(1, port="store.destroy done")):
        world.dispose(proposal)
    first_day = world.clock.today()
    world.clock.step(days=1)
    with pytest.raises(PowerCut), world.dying(DieAt(0, port="store.destroy done")):
        world.dispose(proposal)
    stop(world, proposal)
    world.clock.step(minutes=13)
    seen(world, proposal)
    (manifest,) = world.manifests(proposal)
    assert destroyed_on(world.case(proposal), manifest.root) == world.clock.today() > first_day


def test_every_share_can_be_cut_and_written_down():
    for part in Share("sha256:00", 50, 99).parts(64):
        assert Share.parse(str(part)) == part


def test_what_lapsed_in_mid_run_is_looked_at_though_nobody_has_spent_it_yet(world, proposal):
    with pytest.raises(PowerCut), world.dying(DieAt(1, port="store.destroy")):
        world.dispose(proposal)
    world.clock.step(days=20)
    assert world.next_steps() == [("check_gone", proposal)]
    left = still_there(world, proposal)
    assert seen(world, proposal).number("destroyed") == size(world, proposal) - left
