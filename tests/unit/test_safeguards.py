"""What must hold around a disposal: caps, surveys, stores that are not empty, and the newest ledger."""

import dataclasses
from copy import deepcopy

import pytest

from retention.domain.agreement import Limits
from retention.domain.entry import Draft, Entry
from retention.errors import (
    LedgerBrokenError,
    StoreRefusedError,
    TooMuchError,
    UnverifiedError,
)
from retention.steps import destroy as destruction
from retention.steps.freshness import require_newest_catalogue
from retention.steps.safeguards import Safeguards
from tests.support.memory import DieAt, PowerCut
from tests.support.world import World


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(destruction, "BATCH", 3)
    world = World()
    world.fill()
    world.publish()
    return world


@pytest.fixture
def proposal(world):
    proposal = world.propose_all()
    world.approve(proposal)
    return proposal


def went_on_afterwards(world, proposal):
    """The approval was not spent: when all is well again, it goes on to its end."""
    assert world.case(proposal).spent is None
    world.survey()
    world.dispose(proposal)
    return len(world.case(proposal).ordered) == 1


def test_a_survey_that_is_behind_stops_the_run_and_voids_nothing(world, proposal):
    world.clock.step(days=3)
    with pytest.raises(UnverifiedError, match="no good survey"):
        world.dispose(proposal)
    assert not world.store.orders
    assert went_on_afterwards(world, proposal)


@pytest.mark.parametrize("days", [1, 2])
def test_a_survey_of_yesterday_or_the_day_before_is_good_enough(world, proposal, days):
    world.clock.step(days=days)
    world.dispose(proposal)
    assert world.case(proposal).ordered


def test_a_survey_that_failed_is_no_good_one(world, proposal):
    world.clock.step(days=3)
    world.store.denied.add("records")
    with pytest.raises(StoreRefusedError):
        world.survey()
    world.store.denied.clear()
    with pytest.raises(UnverifiedError, match="store records has had no good survey"):
        world.dispose(proposal)


def late(world):
    """Return a hook that lets three days pass during an order."""
    return lambda name: name == "store.destroy" and world.clock.step(days=3)


def test_a_survey_that_falls_behind_half_way_stops_before_the_next_batch(world, proposal):
    with world.dying(late(world)), pytest.raises(UnverifiedError):
        world.dispose(proposal)
    assert len(world.kinds(Entry.INTENT)) == 1
    assert went_on_afterwards(world, proposal)


def test_a_copy_that_no_survey_looks_at_is_not_destroyed(world, proposal):
    stores = [store for store in world.stores if store.name != "dr"]
    safeguards = Safeguards(world.ledger, world.witness, stores)
    with pytest.raises(UnverifiedError, match="no survey looks at the copy replica-1"):
        safeguards.require_surveyed(world.manifests(proposal)[0], world.clock.today())


def test_a_store_that_looks_empty_stops_the_run(world, proposal):
    held = world.buckets["records"].held
    kept, world.buckets["records"].held = held, set()
    with pytest.raises(Exception, match="empty"):
        world.survey()
    world.buckets["records"].held = kept
    with pytest.raises(UnverifiedError, match="looks empty"):
        world.dispose(proposal)
    assert not world.store.orders


def test_a_place_that_lists_next_to_nothing_is_not_believed_until_the_dpo_says_so(world, proposal):
    world.buckets["records"].held.clear()
    world.buckets["dr"].held.clear()
    for _ in range(2):
        with pytest.raises(UnverifiedError, match="looks empty"):
            world.dispose(proposal)
    raised = world.kinds(Entry.INCIDENT)
    assert [r.text("incident") for r in raised] == ["store-looks-empty"]
    assert not world.kinds(Entry.BEGIN_LISTING)
    world.clock.step(minutes=1)
    closing = {
        "incident": "store-looks-empty",
        "dataset": "INV/patient/2019",
        "told": "nobody",
        "by": "dpo-01",
        "evidence": "sha256:0",
        "reason": "sha256:0",
    }
    world.ledger.append(Draft(raised[0].stream, Entry.INCIDENT_CLOSED, closing))
    world.dispose(proposal)
    world.check_gone(proposal)
    assert world.case(proposal).verified


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (Limits(40, 10, 10**12, 100), "11 objects"),
        (Limits(40, 10_000, 47, 100), "48 bytes"),
        (Limits(0, 10_000, 10**12, 100), "1 datasets"),
    ],
)
def test_rule_16_caps_hold_for_what_was_frozen_and_not_for_what_was_counted(
    world, proposal, limits, what
):
    disposal = dataclasses.replace(world.library.now.disposal, limits=limits)
    world.library.now = dataclasses.replace(world.library.now, disposal=disposal)
    with pytest.raises(TooMuchError, match=f"INV: {what}"):
        world.dispose(proposal)
    assert not world.store.orders


def test_rule_16_a_share_of_the_project_is_that_of_the_survey_before(monkeypatch):
    world = World(limits=Limits(40, 10_000, 10**12, 25))
    rounds = [str(year) for year in range(2011, 2021)]
    world.fill(rounds, objects=1)
    world.publish(rounds[:2])
    proposal = world.propose_all()
    world.approve(proposal)
    for name in rounds[4:]:  # others went meanwhile: what is kept was a fifth, and stays one
        held = world.buckets["records"].held
        world.buckets["records"].held = {v for v in held if f"/{name}/" not in v.key}
    world.dispose(proposal)
    assert len(world.case(proposal).ordered) == 2


# The ledger of yesterday, and the catalogue of yesterday.


def yesterday(world):
    """Return what stands on the ledger now, to be put back later."""
    ledger = world.ledger
    return len(ledger.records)


def restore(world, size):
    """Put the ledger back to its first *size* entries, as a backup would."""
    ledger, fresh = world.ledger, type(world.ledger)(world.clock, world.ledger.signer)
    for record in ledger.records[:size]:
        fresh._write([Draft(record.stream, record.kind, record.facts)])
    ledger.records, ledger._held = fresh.records, fresh._held
    ledger._nodes, ledger._streams = fresh._nodes, fresh._streams


def test_a_ledger_of_yesterday_lacks_the_holds_of_today_and_destroys_nothing(world, proposal):
    size = yesterday(world)
    world.hold()
    world.witness.note(world.ledger.checkpoint())
    restore(world, size)
    with pytest.raises(LedgerBrokenError, match="missing"):
        world.dispose(proposal)
    assert not world.store.orders


def test_a_ledger_that_went_on_from_yesterday_is_another_one_though_it_is_longer(world, proposal):
    size = yesterday(world)
    world.hold()
    world.witness.note(world.ledger.checkpoint())
    restore(world, size)
    for _ in range(5):
        world.survey()
    with pytest.raises(LedgerBrokenError):
        world.dispose(proposal)
    assert not world.store.orders


def test_a_ledger_restored_half_way_stops_before_the_next_batch(world, proposal):
    with pytest.raises(PowerCut), world.dying(DieAt(1, port="store.destroy")):
        world.dispose(proposal)
    size = yesterday(world)
    world.dispose(proposal)
    world.witness.note(world.ledger.checkpoint())
    restore(world, size)
    orders = len(world.store.orders)
    with pytest.raises(LedgerBrokenError):
        world.dispose(proposal)
    assert len(world.store.orders) == orders


def test_a_catalogue_of_yesterday_is_noticed_before_anything_is_proposed_on_it(world):
    world.survey()
    yesterday = deepcopy(world.catalogue)
    require_newest_catalogue(yesterday, world.ledger)
    world.clock.step(days=1)
    world.survey()
    require_newest_catalogue(world.catalogue, world.ledger)
    with pytest.raises(UnverifiedError, match="older than its last survey"):
        require_newest_catalogue(yesterday, world.ledger)


def test_where_nobody_can_tell_whether_it_is_the_newest_nothing_is_destroyed(world, proposal):
    def broken():
        raise StoreRefusedError("the checkpoints cannot be read", hint="look")

    world.witness.newest = broken
    with pytest.raises(StoreRefusedError):
        world.dispose(proposal)
    assert not world.store.orders
