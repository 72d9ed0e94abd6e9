"""Leases, lanes, shares and the breaker: who works on which batch, and when nobody does."""

import threading

import pytest

from retention.domain.entry import Entry
from retention.domain.manifest import Row, line_of
from retention.domain.orders import LEASE, TRIES_MAX
from retention.errors import (
    HeldError,
    NotAuthorisedError,
    StoreUnavailableError,
    UnverifiedError,
)
from retention.steps import destroy as destruction
from retention.steps.breaker import BREAKS_AFTER
from tests.support.memory import DieAt, PowerCut
from tests.support.world import World


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(destruction, "BATCH", 2)
    world = World()
    world.fill(objects=6)
    world.publish()
    return world


@pytest.fixture
def proposal(world):
    proposal = world.propose_all()
    world.approve(proposal)
    return proposal


def test_the_batch_of_a_dead_worker_waits_for_its_lease_and_is_taken_up(world, proposal):
    with pytest.raises(PowerCut), world.dying(DieAt(3, port="store.destroy")):
        world.dispose(proposal)
    (left,) = [r for r in world.kinds(Entry.INTENT) if not answered(world, r)]
    began = world.clock.moment
    world.dispose(proposal)
    assert world.clock.moment - began >= LEASE * 0.9
    taken_up = [r for r in world.kinds(Entry.INTENT) if r.stream == left.stream]
    assert len(taken_up) == 2
    assert taken_up[0].text("worker") != taken_up[1].text("worker")
    assert taken_up[1].at >= taken_up[0].at + LEASE
    assert world.case(proposal).ordered


def answered(world, intent):
    return any(r.stream == intent.stream for r in world.kinds(Entry.OUTCOME))


def test_other_batches_do_not_wait_for_the_lease_of_a_dead_worker(world, proposal):
    with pytest.raises(PowerCut), world.dying(DieAt(1, port="store.destroy")):
        world.dispose(proposal)
    died_at, orders = world.clock.moment, len(world.store.orders)
    seen = []
    with world.dying(lambda name: name == "store.destroy" and seen.append(world.clock.moment)):
        world.dispose(proposal)
    assert sum(at == died_at for at in seen) == len(seen) - 1
    assert orders == 1


def test_a_worker_whose_lease_is_over_orders_nothing(world, proposal):
    """It slept between its intent and the order: another may hold the batch by now."""
    real, orders = world.ledger.append_all, []

    def written(drafts, *, expect=None):
        records = real(drafts, expect=expect)
        if len(orders) == 0 and len(world.kinds(Entry.INTENT)) == 4:
            orders.append(len(world.store.orders))
            world.clock.step(minutes=3)
            orders.append(records[-1].stream)
        return records

    world.ledger.append_all = written
    world.dispose(proposal)
    sent, stream = orders
    kinds = [r.kind for r in world.ledger.stream(stream)]
    assert kinds == [Entry.INTENT, Entry.INTENT, Entry.OUTCOME]
    ordered = [version for order in world.store.orders for version in order]
    assert len(ordered) == len(set(ordered)), "the first intent was followed by no order"
    assert sent < len(world.store.orders)


def test_what_fails_is_asked_for_again_a_few_times_and_no_more(world, proposal):
    (bad, *_) = sorted(world.buckets["records"].held)
    world.store.failing.add(bad)
    world.dispose(proposal)
    asked = [order for order in world.store.orders if bad in order]
    assert len(asked) == TRIES_MAX
    assert world.case(proposal).ordered
    assert bad in world.store.held


def test_what_was_refused_is_not_asked_for_again(world, proposal):
    (locked, *_) = sorted(world.buckets["records"].held)
    world.store.locked.add(locked)
    world.dispose(proposal)
    assert len([order for order in world.store.orders if locked in order]) == 1


def test_a_version_to_which_no_answer_came_is_unknown(world, proposal):
    real = world.store.destroy
    (silent, *_) = sorted(world.buckets["records"].held)

    def forgetful(place, versions):
        return {v: a for v, a in real(place, versions).items() if v != silent}

    world.store.destroy = forgetful
    world.dispose(proposal)
    first = min(world.kinds(Entry.OUTCOME), key=lambda r: (r.number("unknown") == 0, r.index))
    assert first.number("unknown") == 1


def test_a_store_that_is_silent_is_left_alone_and_the_other_is_gone_on_with(world, proposal):
    world.store.silent |= set(world.buckets["records"].held)
    with pytest.raises(StoreUnavailableError, match="did not answer"):
        world.dispose(proposal)
    to_records = [order for order in world.store.orders if set(order) & world.store.silent]
    assert len(to_records) == BREAKS_AFTER
    assert not world.buckets["dr"].held, "the replica lies elsewhere"
    world.store.silent.clear()
    world.dispose(proposal)
    assert not world.buckets["records"].held


def test_an_outage_is_no_verdict_however_often_it_is_tried(world, proposal):
    world.store.unreachable = True
    for _ in range(TRIES_MAX + 2):
        with pytest.raises(StoreUnavailableError):
            world.dispose(proposal)
        world.clock.step(minutes=10)
    world.store.unreachable = False
    world.dispose(proposal)
    assert not world.buckets["records"].held | world.buckets["dr"].held


@pytest.mark.parametrize("lanes", [2, 5])
def test_lanes_end_as_one_does(world, proposal, lanes):
    world.lanes = lanes
    world.dispose(proposal)
    assert not world.buckets["records"].held | world.buckets["dr"].held
    ordered = [version for order in world.store.orders for version in order]
    assert len(ordered) == len(set(ordered))
    assert len(world.kinds(Entry.ORDERED)) == 1
    world.ledger.audit()


def test_a_fault_in_one_lane_ends_all_and_no_thread_stays(world, proposal):
    world.lanes = 4
    before = threading.active_count()
    with pytest.raises(StoreUnavailableError), world.dying(fails_at(5)):
        world.dispose(proposal)
    assert threading.active_count() == before
    world.dispose(proposal)
    assert world.case(proposal).ordered


def fails_at(number):
    return DieAt(number, StoreUnavailableError("gone", hint="later"), port="store.destroy")


@pytest.mark.parametrize("of", [1, 2, 4])
def test_workers_with_a_share_each_end_as_one_does(world, proposal, of):
    for which in range(1, of + 1):
        world.share = (which, of)
        world.dispose(proposal)
    assert not world.buckets["records"].held | world.buckets["dr"].held
    ordered = [version for order in world.store.orders for version in order]
    assert len(ordered) == len(set(ordered))
    assert len(world.kinds(Entry.ORDERED)) == 1


def test_a_share_is_begun_with_and_the_rest_is_not_left_to_others(world, proposal):
    world.share = (2, 3)
    world.dispose(proposal)
    firsts = [r.number("first") for r in world.kinds(Entry.INTENT)]
    assert firsts != sorted(firsts)
    assert sorted(firsts) == sorted(set(firsts))
    assert world.case(proposal).ordered


def test_an_answer_that_came_too_late_is_not_the_last_word(world, proposal):
    """Another worker took the batch up while the first one waited for the store."""
    waited = iter([True])

    def slow(name):
        if name == "store.destroy done" and next(waited, False):
            world.clock.step(minutes=3)
            world.dispose(proposal)

    with world.dying(slow):
        world.dispose(proposal)
    assert len(world.kinds(Entry.ORDERED)) == 1
    first = world.kinds(Entry.INTENT)[0].stream
    kinds = [r.kind for r in world.ledger.stream(first)]
    assert kinds == [Entry.INTENT, Entry.INTENT, Entry.OUTCOME]


@pytest.mark.parametrize("half_way", [False, True])
def test_rows_that_are_not_those_of_the_approved_root_order_nothing(world, proposal, half_way):
    """An evidence store that hands out other rows than those that people approved."""
    victim = world.put("other/victim")
    if half_way:
        with pytest.raises(PowerCut), world.dying(DieAt(1, port="store.destroy")):
            world.dispose(proposal)
    (manifest,) = world.manifests(proposal)
    real, orders = world.evidence.lines, len(world.store.orders)

    def edited(digest):
        lines = list(real(digest))
        if digest == manifest.pack:
            lines[0] = line_of(Row("primary-1", victim), b"0" * 16)
        return iter(lines)

    world.evidence.lines = edited
    with pytest.raises(UnverifiedError, match="root that was approved"):
        world.dispose(proposal)
    assert len(world.store.orders) == orders
    assert victim in world.store.held


def test_a_stop_is_for_good_whoever_asks(world, proposal):
    def placed(name):
        if name == "store.destroy" and not world.kinds(Entry.HOLD_PLACED):
            world.hold()

    with world.dying(placed), pytest.raises(HeldError):
        world.dispose(proposal)
    with pytest.raises(NotAuthorisedError):
        world.dispose(proposal)
