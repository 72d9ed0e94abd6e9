"""Keys between two others: holds that come while one looks, two workers, two proposals."""

from itertools import count

import pytest
from botocore.exceptions import ConnectionClosedError

from retention.domain.certified import KeyEnd, ResidualCopy
from retention.domain.entry import Entry
from retention.domain.erasure import Doubt, doubts_in
from retention.errors import HeldError, NotAuthorisedError, StoreUnavailableError
from retention.steps import destroy as destruction
from tests.support.keyed import KeyedWorld, certificate, key_of, until_settled, why


@pytest.fixture
def world():
    world = KeyedWorld()
    world.fill()
    world.publish()
    return world


def once(world, call, act, times=1):
    """Let *act* happen once, just before the service is asked by that *call* so many *times*."""
    counted, number = world.kms.before, count(1)

    def before(name):
        if name == call and next(number) == times:
            world.kms.before = counted
            act()
        counted(name)

    world.kms.before = before


def test_a_hold_that_comes_while_we_look_is_found_before_the_intent(world):
    proposal = world.gone()
    once(world, "describe_key", lambda: world.hold("INV/patient/2019"))
    world.dispose(proposal)
    assert not world.kinds(Entry.KEY_INTENT)
    assert why(world) == (Doubt.HELD,)
    assert world.kms.state(world.key) == "Enabled"


@pytest.mark.parametrize("call", ["describe_key", "list_aliases"])
def test_two_workers_order_once(world, call):
    proposal = world.gone()
    once(world, call, lambda: world.end_keys(proposal))
    world.dispose(proposal)
    assert world.kms.calls.count("schedule_key_deletion") == 1
    assert len(world.kinds(Entry.KEY_INTENT)) == 1
    assert world.standing(proposal) == "PENDING"


@pytest.mark.parametrize(("call", "times"), [("schedule_key_deletion", 1), ("describe_key", 2)])
def test_a_worker_that_holds_a_key_is_waited_for(world, call, times):
    proposal = world.gone()
    waited = []

    def second():
        at = world.clock.now()
        world.kms.before = lambda call: None
        world.end_keys(proposal)  # finds the intent of the first, and waits for it to end
        waited.append(world.clock.now() - at)

    once(world, call, second, times=times)
    world.dispose(proposal)
    assert not world.kinds(Entry.KEY_KEPT)
    assert waited[0].total_seconds() >= 300
    assert world.kms.calls.count("schedule_key_deletion") <= 2
    assert world.standing(proposal) == "PENDING"


def test_an_order_that_never_arrived_is_given_again_also_for_a_key_that_is_disabled(world):
    proposal = world.gone()

    def cut():
        raise ConnectionClosedError(endpoint_url="https://kms.invalid")

    once(world, "schedule_key_deletion", cut)
    world.dispose(proposal)
    world.kms.keys[world.key].state = "Disabled"
    world.clock.step(days=1)
    until_settled(world, proposal)
    assert world.kms.state(world.key) == "PendingDeletion"
    assert [r.text("answer") for r in world.kinds(Entry.KEY_OUTCOME)] == ["unknown", "taken"]


def test_a_key_that_went_before_anybody_saw_it_pending_claims_nothing(world):
    proposal = world.gone()

    def cut(call):
        if call == "schedule_key_deletion":
            raise ConnectionClosedError(endpoint_url="https://kms.invalid")

    world.kms.after = cut
    world.dispose(proposal)
    world.clock.step(days=31)
    until_settled(world, proposal)
    assert world.kms.state(world.key) is None
    assert why(world) == (Doubt.ABSENT,)


def test_the_authority_asks_that_all_was_seen_gone_before_a_key_may_go(world):
    proposal = world.propose_all()
    world.approve(proposal)
    (manifest,) = world.manifests(proposal)
    approval = world.case(proposal).approval((manifest.root,))
    for step in (world.advance, lambda: world.dispose(proposal)):
        step()
        with pytest.raises(NotAuthorisedError, match="stands at"):
            world.authority.require(approval, manifest, begun=True, seen_gone=True)
    world.check_gone(proposal)
    assert world.authority.require(approval, manifest, begun=True, seen_gone=True)
    with pytest.raises(NotAuthorisedError, match="stands at"):
        world.authority.require(approval, manifest, begun=True)


def test_a_key_waits_for_every_dataset_of_the_list():
    world = KeyedWorld()
    world.fill(("2019", "2020"))
    world.publish(("2019", "2020"))
    proposal = world.propose_all()
    locked = [v for v in world.buckets["dr"].held if "2020" in v.key and v.kind.value == "data"]
    world.store.locked.add(locked[0])
    world.approve(proposal)
    world.dispose(proposal)
    world.check_gone(proposal)
    until_settled(world, proposal)
    assert world.kms.calls == []
    report = certificate(world, proposal, "partial")
    kept = {copy.key.kept_because for copy in report.residuals if copy.kind == "key"}
    assert kept == {("left",)}


def test_the_last_dataset_under_a_key_takes_it_along():
    world = KeyedWorld()
    world.fill(("2019", "2020"))
    for bucket in world.buckets.values():
        bucket.held = {v for v in bucket.held if v.kind.value != "upload"}
    world.publish()
    first = world.gone()
    until_settled(world, first)
    assert why(world) == (Doubt.SHARED,)
    backup = world.buckets["backup"]
    backup.held = {v for v in backup.held if "2020" in v.key}  # what remained of it is gone, too
    world.publish(("2020",))
    second = world.gone()
    until_settled(world, second)
    assert (world.standing(first), world.standing(second)) == ("KEPT", "PENDING")
    assert key_of(certificate(world, second, "interim")).key.unusable_since is not None


def test_a_verifier_whom_the_service_does_not_answer_asks_again_tomorrow(world):
    proposal = world.gone()
    world.dispose(proposal)
    world.kms.dead = True
    with pytest.raises(StoreUnavailableError):
        world.check_gone(proposal)
    assert world.kinds(Entry.KEY_SEEN)[-1].text("state") == "unknown"
    until_settled(world, proposal)
    assert key_of(certificate(world, proposal, "interim")).key == KeyEnd()
    world.kms.dead = False
    world.clock.step(days=1)
    until_settled(world, proposal)
    assert world.kinds(Entry.KEY_UNUSABLE)


def test_a_late_hold_does_not_make_a_key_kept_that_is_gone(world):
    proposal = world.gone()
    until_settled(world, proposal)
    world.clock.step(days=31)
    world.hold("INV/patient/2019")
    world.advance()
    world.dispose(proposal)
    assert not world.kinds(Entry.KEY_KEPT)
    until_settled(world, proposal)
    assert world.standing(proposal) == "GONE"


def test_a_kept_key_is_no_reason_to_skip_the_last_look(world):
    world.kms.grant(world.key)
    proposal = world.gone()
    until_settled(world, proposal)
    world.backups_age_out()
    world.clock.step(days=3)
    until_settled(world, proposal)
    assert "final" in world.case(proposal).certified
    seen = [r.index for r in world.kinds(Entry.RESIDUAL_SEEN)]
    assert world.kinds(Entry.VERIFIED)[-1].index > max(seen)


def test_a_kept_key_that_is_held_is_waited_for():
    copy = {"copy": "key-r1", "kind": "key", "where": "arn", "checked_by": "engine", "until": None}
    kept = KeyEnd(kept_because=("shared",))
    assert ResidualCopy(**copy, key=kept, held_by="H-1").is_pending
    assert not ResidualCopy(**copy, key=kept).is_pending
    assert ResidualCopy(**copy, key=KeyEnd()).is_pending


def test_what_is_judged_says_what_was_seen(world):
    world.kms.grant(world.key)
    proposal = world.gone()
    world.dispose(proposal)
    (judged,) = world.kinds(Entry.KEY_JUDGED)
    shown = world.evidence.read(judged.text("look"))
    assert b'"grants":1' in shown
    assert b"patient/" not in shown
    assert doubts_in(judged.text("why")) == (Doubt.GRANTED,)


@pytest.mark.parametrize("calls", range(0, 12, 3))
def test_a_disposal_that_was_stopped_keeps_the_key_and_its_report_goes_out(monkeypatch, calls):
    monkeypatch.setattr(destruction, "BATCH", 2)
    world = KeyedWorld()
    world.fill(("2019", "2020"))
    world.publish(("2019", "2020"))
    proposal = world.propose_all()
    world.approve(proposal)
    counted, number = world.store.before, count()

    def before(port):
        if port == "destroy" and next(number) == calls:
            world.hold("INV/patient/2020")
        counted(port)

    world.store.before = before
    with pytest.raises(HeldError):
        world.dispose(proposal)
    until_settled(world, proposal)
    assert "schedule_key_deletion" not in world.kms.calls
    report = certificate(world, proposal, "partial")
    kept = {copy.key.kept_because for copy in report.residuals if copy.kind == "key"}
    assert kept == {("left",)}
