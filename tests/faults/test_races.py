"""Whatever happens between an approval and a batch: no order is announced after it.

Exhaustive over the calls of a disposal: at each of them somebody places a hold, stops it, agrees to
something else.  Two workers move in any order, one call at a time.
"""

import random
from collections import Counter
from datetime import date
from functools import partial
from itertools import count

import pytest

from retention.domain.case import run_stream
from retention.domain.entry import Draft, Entry
from retention.domain.manifest import rows_of
from retention.errors import RefusedError, RetentionError, StoreUnavailableError
from retention.steps import destroy as destruction
from retention.steps.cases import read_proposal
from retention.steps.record import record_agreement
from retention.steps.record.answers import plan_answer
from retention.steps.record.events import plan_event, plan_retraction
from retention.steps.record.halting import Halt, plan_halt
from retention.steps.spend import spend
from retention.steps.steady import SteadyAuthority
from tests.faults.test_crash import ending, run
from tests.support import stores
from tests.support.cast import agreement
from tests.support.memory import DieAt
from tests.support.turns import Turns
from tests.support.world import World

FEW = 13  # in a quick run every so many calls are tried: no two acts at the same ones
SEEDS = 150
RUN = "5f3c1f0e-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(destruction, "BATCH", 3)


class Steady(World):
    """Asks as a worker does that reads again only what grew."""

    @property
    def authority(self):
        return SteadyAuthority(super().authority, self.ledger, self.clock, self.library.edition)


def approved(monkeypatch, kind=Steady, objects=2):
    """Return the same world each time, with one proposal that both approved."""
    monkeypatch.setattr(stores, "_NUMBERS", count(1))
    world = kind()
    world.fill(objects=objects)
    world.publish()
    proposal = world.propose_all()
    world.approve(proposal)
    return world, proposal


def placing_a_hold(world, proposal):
    world.hold("INV/patient/2019")


def stopping_it(world, proposal):
    world.record(plan_halt, Halt.STOP, proposal)


def spending_it(world, proposal):
    proposed = read_proposal(world.case(proposal), world.evidence)
    spend(world.ledger, proposal, "stopped", proposed)


def agreeing_to_another_version(world, proposal):
    world.library.now = agreement(version=2)
    record_agreement(world.library.now, ledger=world.ledger)


def retracting_the_event(world, proposal):
    world.record(plan_retraction, "INV", "round-published", "2019", by="audit-01")


def recording_the_event_anew(world, proposal):
    on = str(date(2020, 7, 1))  # in the same financial year: it moves no day
    world.record(plan_event, "INV", "round-published", "2019", on, by="audit-01")


def objecting(world, proposal):
    notice = world.kinds(Entry.NOTICE)[-1].text("notice")
    world.record(plan_answer, notice, "north", "object")


def cancelling_its_run(world, proposal):
    facts = {"run": RUN, "person": "rm-01"}
    world.ledger.append(Draft(run_stream(RUN), Entry.CANCELLED, facts))


WRITES = {  # what is done, and the kinds of entries by which it counts as done
    placing_a_hold: (Entry.HOLD_PLACED,),
    stopping_it: (Entry.HALTED, Entry.SPENT),
    spending_it: (Entry.SPENT,),
    agreeing_to_another_version: (Entry.AGREEMENT,),
    retracting_the_event: (Entry.EVENT_RETRACTED,),
    recording_the_event_anew: (Entry.EVENT,),
    objecting: (Entry.NOTICE_ANSWERED,),
    cancelling_its_run: (Entry.CANCELLED,),
}
QUICK = [(act, Steady) for act in WRITES]
FULL = [(act, World) for act in WRITES]


class At:
    """A hook that does something at call number *call*, once."""

    def __init__(self, call, what):
        self.call, self.what, self.calls = call, what, 0

    def __call__(self, name):
        number, self.calls = self.calls, self.calls + 1
        if number == self.call:
            self.what()


def dispose(world, proposal):
    """Dispose, and return what stopped it, if anything did."""
    try:
        world.dispose(proposal, RUN)
    except RefusedError as stop:
        return stop
    return None


def announced_rows(world, proposal, before):
    """Return the versions of every batch that was announced before entry *before*."""
    rows = []
    for manifest in world.manifests(proposal):
        named = list(rows_of(world.evidence.lines(manifest.pack), manifest.root))
        for intent in world.case(proposal).intents.get(manifest.root, []):
            if intent.index < before:
                rows += named[intent.number("first") - 1 : intent.number("last")]
    return {row.version for row in rows}


def act_at(call, act, kind, monkeypatch):
    """Dispose while *act* is done at one call; assert that nothing is announced after it."""
    world, proposal = approved(monkeypatch, kind)
    done, orders = [], []

    def what():
        orders.append(len(world.store.orders))
        before = len(world.ledger.records)
        try:
            act(world, proposal)
        except RefusedError:
            return  # it is too late: everything was ordered
        written = [r for r in world.ledger.records[before:] if r.kind in WRITES[act]]
        done.append(written[0].index)

    with world.dying(At(call, what)):
        stop = dispose(world, proposal)
    case = world.case(proposal)
    intents = [r for each in case.intents.values() for r in each]
    if not done:
        assert case.ordered, call
        return
    (at,) = done
    assert all(intent.index < at for intent in intents), call
    announced = announced_rows(world, proposal, at)
    later = {version for order in world.store.orders[orders[0] :] for version in order}
    assert later <= announced, call
    assert stop is not None or len(case.ordered) == 1, call
    assert dispose(world, proposal) is not None or case.ordered, call  # and never again
    after = {version for order in world.store.orders[orders[0] :] for version in order}
    assert after == later, call


def calls_of(monkeypatch, kind):
    world, proposal = approved(monkeypatch, kind)
    with world.dying(DieAt()) as counting:
        world.dispose(proposal, RUN)
    return counting.calls


@pytest.mark.parametrize(("act", "kind"), QUICK)
def test_nothing_is_announced_after_it(monkeypatch, act, kind):
    calls = calls_of(monkeypatch, kind)
    for call in range(list(WRITES).index(act), calls, FEW):
        act_at(call, act, kind, monkeypatch)


@pytest.mark.full
@pytest.mark.parametrize(("act", "kind"), QUICK + FULL)
def test_nothing_is_announced_after_it_at_any_call(monkeypatch, act, kind):
    for call in range(calls_of(monkeypatch, kind)):
        act_at(call, act, kind, monkeypatch)


class SlowYes:
    """An authority that has said yes to batch *k* when something happens: too late for the yes."""

    def __init__(self, fresh, k, then):
        self.fresh, self.k, self.then, self.asked = fresh, k, then, 0

    def require(self, approval, manifest, *, begun, **named):
        ground = self.fresh.require(approval, manifest, begun=begun, **named)
        if begun:
            number, self.asked = self.asked, self.asked + 1
            if number == self.k:
                self.then()
        return ground


class Late(Steady):
    """Whose authority is slow; *slow* is given later."""

    slow = None

    @property
    def authority(self):
        return super().authority if self.slow is None else self.slow


@pytest.mark.parametrize("act", WRITES)
def test_before_batch_k_it_stops_batch_k(monkeypatch, act):
    world, proposal = approved(monkeypatch, objects=3)
    world.dispose(proposal)
    batches = len(world.kinds(Entry.INTENT))
    assert batches >= 4
    for k in range(batches):
        world, proposal = approved(monkeypatch, Late, objects=3)
        then = partial(act, world, proposal)
        world.slow = SlowYes(world.authority, k, then)
        assert dispose(world, proposal) is not None
        assert len(world.kinds(Entry.INTENT)) == k


class Watch:
    """Sees which versions are being ordered at this moment, and by whom."""

    def __init__(self, store):
        self.under_way, self.destroy = Counter(), store.destroy
        store.destroy = self

    def __call__(self, place, versions):
        self.under_way.update(versions)
        assert max(self.under_way.values()) == 1, "one version, ordered twice at the same time"
        try:
            return self.destroy(place, versions)
        finally:
            self.under_way.subtract(versions)


def together(monkeypatch, seed, workers=2, act=None):
    """Let *workers* dispose of one proposal, a call at a time; return the world and what stopped."""
    world, proposal = approved(monkeypatch)
    Watch(world.store)
    turns = Turns(random.Random(seed))
    world.clock.step = lambda **_: turns.pass_on()  # whoever waits lets others move
    jobs = [lambda: world.dispose(proposal)] * workers
    jobs += [] if act is None else [lambda: act(world, proposal)]
    with world.dying(lambda name: turns.pass_on()):
        raised = turns.run(*jobs)
    del world.clock.step
    return world, proposal, raised


@pytest.mark.parametrize("seeds", [12, pytest.param(SEEDS, marks=pytest.mark.full)])
def test_two_workers_on_one_approval_order_everything_once_and_certify_alike(monkeypatch, seeds):
    world, proposal = approved(monkeypatch)
    run(world)
    whole = ending(world, proposal)
    met = Counter()
    for seed in range(seeds):
        world, proposal, raised = together(monkeypatch, seed)
        assert all(e is None or isinstance(e, StoreUnavailableError) for e in raised), seed
        met.update(type(e) for e in raised)
        run(world)
        case = world.case(proposal)
        assert len(world.kinds(Entry.ORDERED)) == len(case.ordered) == 1, seed
        ordered = Counter(version for order in world.store.orders for version in order)
        assert set(ordered.values()) == {1}, seed
        intents = Counter(r.stream for r in world.kinds(Entry.INTENT))
        assert set(intents.values()) == {1}, seed
        assert ending(world, proposal) == whole, seed
    assert met[type(None)] >= seeds  # one of the two at least always ends it


@pytest.mark.full
def test_three_workers_and_a_hold_in_any_order(monkeypatch):
    for seed in range(2 * SEEDS):
        world, _, raised = together(monkeypatch, seed, workers=3, act=placing_a_hold)
        assert all(e is None or isinstance(e, RetentionError) for e in raised), seed
        (held,) = world.kinds(Entry.HOLD_PLACED)
        assert all(r.index < held.index for r in world.kinds(Entry.INTENT)), seed
        assert (
            max(Counter(v for order in world.store.orders for v in order).values(), default=1) == 1
        )
