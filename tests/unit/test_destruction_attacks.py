"""Attacks on a certified destruction, each of which once went through.

Somebody looks too early, a worker dies between two entries, a place is blind, a clock is wrong.
"""

from contextlib import suppress
from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from retention.adapters.s3.destroys import S3Destroys
from retention.domain.case import run_stream
from retention.domain.clock import Period
from retention.domain.dataset import Answer, Kind, ObjectVersion
from retention.domain.entry import Draft, Entry
from retention.domain.share import Share
from retention.errors import (
    HeldError,
    LedgerBrokenError,
    NotAuthorisedError,
    RefusedError,
    RetentionError,
    StoreError,
)
from retention.steps import destroy as destruction
from retention.steps.begin import begin
from retention.steps.dispose import approved, note_run
from retention.steps.incidents import raise_incident
from retention.steps.moves import stream_of
from retention.steps.record.halting import Halt, plan_halt
from retention.steps.residual import destroyed_on
from retention.steps.steady import SteadyAuthority
from tests.support.memory import DieAt, PowerCut
from tests.support.world import World

DATASET = "INV/patient/2019"


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(destruction, "BATCH", 3)
    world = World()
    world.fill()
    world.publish()
    return world


@pytest.fixture
def proposal(world):
    return agreed(world)


def agreed(world):
    """Return a proposal that both approved."""
    proposal = world.propose_all()
    world.approve(proposal)
    return proposal


def at(name, number, act):
    """Return a hook that acts once, at a call of one port."""
    calls = iter(range(10**6))
    return lambda called: called == name and next(calls) == number and act()


def after(kind, name="ledger.append"):
    """Return a hook that cuts the power at a call of one port, once an entry of *kind* stands."""

    def hook_of(world):
        def hook(called):
            if called == name and world.kinds(kind):
                raise PowerCut

        return hook

    return hook_of


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
    cut = after(Entry.STOPPED)(world)
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
    with world.dying(after(Entry.BEGIN_LISTING)(world)), suppress(PowerCut, RefusedError):
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


# What people do stops it, whatever else is wrong.


def test_a_run_that_was_cancelled_before_a_worker_took_it_stops_the_disposal(world, proposal):
    note_run(proposal, "run-1", world.ledger)  # as whoever starts it does
    cancelled = Draft(run_stream("run-1"), Entry.CANCELLED, {"run": "run-1", "person": "rm-01"})
    world.ledger.append(cancelled)
    world.advance()
    assert world.next_steps() == []
    with pytest.raises(NotAuthorisedError):
        world.dispose(proposal, "run-2")
    assert not world.store.orders


def test_another_proposal_that_was_damaged_is_not_in_the_way_of_a_stop(world, proposal):
    mark = world.mark(proposal)
    world.fill(("2020",))
    world.publish(("2020",))
    other = world.propose_all()
    world.evidence.damage(world.case(other).proposed.text("document"))
    stop(world, mark)
    with pytest.raises(NotAuthorisedError, match="stopped"):
        world.dispose(proposal)


def test_other_runs_that_come_while_it_lists_do_not_make_it_list_again(world, proposal):
    numbers = iter(range(3))

    def come(name):
        if name == "store.versions" and (number := next(numbers, None)) is not None:
            note_run(proposal, f"run-{number}", world.ledger)

    before = world.store.calls["versions"]
    with world.dying(come):
        world.dispose(proposal)
    (manifest,) = world.manifests(proposal)
    assert world.store.calls["versions"] - before == len(manifest.places)
    assert len(world.case(proposal).runs) == 2


def restored(ledger, size):
    """Do to a ledger in memory what restoring an older backup does."""
    kept, ledger.records[:] = ledger.records[:size], []
    ledger._held.clear()
    ledger._streams.clear()
    for record in kept:
        ledger.records.append(record)
        ledger._held[record.stream] += 1
        ledger._streams[record.stream].append(record)


def test_a_ledger_that_is_restored_in_mid_run_does_not_forget_a_hold(world, proposal):
    approval, (manifest,) = approved(proposal, world.ledger, world.evidence)
    steady = SteadyAuthority(world.authority, world.ledger, world.clock)
    steady.require(approval, manifest, begun=True)
    size = world.ledger.size()
    steady.require(approval, manifest, begun=True)
    world.hold(DATASET)
    world.witness.note(world.ledger.checkpoint())
    with pytest.raises(HeldError):
        steady.require(approval, manifest, begun=True)
    restored(world.ledger, size)
    with pytest.raises(LedgerBrokenError):
        steady.require(approval, manifest, begun=True)


def test_a_later_day_that_somebody_wrote_over_that_of_an_approval_is_worth_nothing(world, proposal):
    """No gate signs it, and a worker can write a row."""
    (row,) = world.kinds(Entry.APPROVED)
    later = str(world.clock.today() + timedelta(days=90))
    world.ledger.append(Draft(row.stream, Entry.APPROVED, {**row.facts, "lapses_after": later}))
    world.clock.step(days=20)
    world.survey()
    with pytest.raises(NotAuthorisedError, match="days of this approval"):
        world.dispose(proposal)
    assert not world.store.orders


def test_an_earlier_day_that_somebody_wrote_over_that_of_an_approval_is_worth_nothing():
    world = World(cooling_off=Period.parse("P7D"))
    world.fill()
    world.publish()
    proposal = agreed(world)
    (row,) = world.kinds(Entry.APPROVED)
    today = str(world.clock.today())
    assert row.text("may_begin_on") > today
    world.ledger.append(Draft(row.stream, Entry.APPROVED, {**row.facts, "may_begin_on": today}))
    with pytest.raises(NotAuthorisedError, match="days of this approval"):
        world.dispose(proposal)
    assert not world.store.orders


@pytest.mark.parametrize(
    ("kind", "final"), [("listed-after-disposal", True), ("resurrection", False)]
)
def test_what_a_person_looked_at_holds_up_a_final_certificate_only_if_it_belies_the_interim(
    world, proposal, kind, final
):
    world.dispose(proposal)
    seen(world, proposal)
    on = world.clock.today()
    raise_incident(world.ledger, kind, DATASET, noticed_on=on, personal=True)
    world.clock.step(days=3)
    world.backups_age_out()
    world.check_gone(proposal)
    world.certify(proposal)
    assert "final" not in world.case(proposal).certified
    close_incident(world, kind)
    world.certify(proposal)
    assert ("final" in world.case(proposal).certified) is final


def test_a_second_loss_before_a_disposal_is_an_incident_of_its_own(world):
    on = world.clock.today()
    raise_incident(world.ledger, "absent-before-disposal", DATASET, noticed_on=on, personal=True)
    close_incident(world, "absent-before-disposal")
    world.clock.step(days=2)
    proposal = agreed(world)
    held = world.buckets["records"].held
    held.discard(max(held))
    world.dispose(proposal)
    assert len(world.kinds(Entry.INCIDENT)) == 2


class SilentClient:
    """Takes calls to abort an upload, and answers none."""

    def __init__(self):
        self.calls = 0

    def abort_multipart_upload(self, **asked):
        self.calls += 1
        raise ReadTimeoutError(endpoint_url="http://store.invalid")


def test_a_batch_of_uploads_does_not_wait_a_thousand_times_for_a_store_that_is_silent():
    client = SilentClient()
    uploads = [ObjectVersion("p/a", Kind.UPLOAD, f"upload-{n}") for n in range(1000)]
    answers = S3Destroys(client).destroy("s3://records/p/", uploads)
    assert client.calls <= 5
    assert set(answers.values()) == {Answer.UNKNOWN}
    assert set(answers) == set(uploads)
