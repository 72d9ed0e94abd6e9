"""A key while its service is away, and while it is pending: what comes in between."""

from datetime import timedelta

import pytest
from botocore.exceptions import ConnectionClosedError

from retention.domain.entry import Entry
from retention.domain.erasure import Doubt
from retention.errors import StoreUnavailableError, UnverifiedError
from retention.ports.probe import Looked
from tests.support.keyed import KeyedWorld, certificate, key_of, until_settled, why


@pytest.fixture
def world():
    world = KeyedWorld()
    world.fill()
    world.publish()
    return world


# The service


def test_a_service_that_does_not_answer_holds_up_no_certificate(world):
    proposal = world.gone()
    world.kms.dead = True
    with pytest.raises(StoreUnavailableError):
        world.dispose(proposal)
    until_settled(world, proposal)
    assert "interim" in world.case(proposal).certified
    world.kms.dead = False
    world.clock.step(days=1)
    until_settled(world, proposal)
    assert world.standing(proposal) == "PENDING"


def test_an_order_without_an_answer_is_found_in_the_keys_own_state(world):
    proposal = world.gone()

    def cut(call):
        if call == "schedule_key_deletion":
            raise ConnectionClosedError(endpoint_url="https://kms.invalid")

    world.kms.after = cut
    world.dispose(proposal)
    assert world.kinds(Entry.KEY_OUTCOME)[-1].text("answer") == "unknown"
    world.kms.after = lambda call: None
    until_settled(world, proposal)
    assert key_of(certificate(world, proposal, "interim")).key.unusable_since is None
    world.clock.step(days=1)
    until_settled(world, proposal)
    assert [r.text("answer") for r in world.kinds(Entry.KEY_OUTCOME)] == ["unknown", "taken"]
    assert world.kms.calls.count("schedule_key_deletion") == 1


def test_a_role_that_may_not_order_is_tried_again_daily(world):
    world.kms.denied.add("schedule_key_deletion")
    proposal = world.gone()
    until_settled(world, proposal)
    assert world.standing(proposal) == "OWED"
    world.kms.denied.clear()
    world.clock.step(days=1)
    until_settled(world, proposal)
    assert world.standing(proposal) == "PENDING"


def test_a_key_that_is_missing_before_its_day_is_unknown_and_nothing_final_follows(world):
    proposal = world.gone()
    until_settled(world, proposal)
    world.backups_age_out()
    world.clock.step(days=5)
    del world.kms.keys[world.key]
    with pytest.raises(UnverifiedError, match="not yet to be gone"):
        world.check_gone(proposal)
    assert world.kinds(Entry.KEY_SEEN)[-1].text("state") == "unknown"
    until_settled(world, proposal)
    assert "final" not in world.case(proposal).certified


def test_what_the_verifier_never_saw_pending_is_not_gone(world):
    proposal = world.gone()
    world.dispose(proposal)
    world.clock.step(days=31)
    with pytest.raises(UnverifiedError):
        world.check_gone(proposal)
    assert not world.kinds(Entry.KEY_UNUSABLE)
    assert "absent" not in {r.text("seen") for r in world.kinds(Entry.RESIDUAL_SEEN)
                            if r.text("copy").startswith("key")}  # fmt: skip


def test_an_order_that_somebody_else_withdrew_is_an_incident_and_nothing_is_claimed(world):
    proposal = world.gone()
    until_settled(world, proposal)
    world.kms.cancel_key_deletion(KeyId=world.key)
    world.clock.step(days=1)
    until_settled(world, proposal)
    assert why(world) == (Doubt.RESTORED,)
    assert "key-restored" in {r.text("incident") for r in world.kinds(Entry.INCIDENT)}
    world.backups_age_out()
    world.clock.step(days=3)
    until_settled(world, proposal)
    final = key_of(certificate(world, proposal, "final"))
    assert final.key.kept_because == ("restored",)
    assert world.standing(proposal) == "RESTORED"
    assert len(world.kinds(Entry.KEY_KEPT)) == 1


def test_a_pending_key_is_seen_daily_and_its_days_are_written_when_they_change(world):
    proposal = world.gone()
    for _ in range(4):
        until_settled(world, proposal)
        world.clock.step(days=1)
    assert len(world.kinds(Entry.KEY_SEEN)) == 4
    assert len(world.kinds(Entry.KEY_UNUSABLE)) == 1
    world.kms.keys[world.key].deletion_at += timedelta(days=2)
    until_settled(world, proposal)
    assert len(world.kinds(Entry.KEY_UNUSABLE)) == 2


# Holds


def test_a_hold_in_the_window_withdraws_the_order_and_the_key_stays_disabled(world):
    proposal = world.gone()
    until_settled(world, proposal)
    held = world.hold("INV/patient/2019")
    until_settled(world, proposal)
    assert world.kms.state(world.key) == "Disabled"
    assert world.standing(proposal) == "CANCELLED"
    kinds = [r.kind for r in world.ledger.records if r.kind.value.startswith("key_")]
    assert kinds[-4:] == [Entry.KEY_HELD, Entry.KEY_CANCEL, Entry.KEY_CANCELLED, Entry.KEY_KEPT]
    world.backups_age_out()
    world.clock.step(days=40)
    until_settled(world, proposal)
    assert "final" not in world.case(proposal).certified  # while the hold stands
    world.release(held)
    until_settled(world, proposal)
    assert world.kms.state(world.key) == "Disabled"  # a release orders nothing
    final = key_of(certificate(world, proposal, "final"))
    assert final.key.kept_because == ("held",)


def test_a_hold_before_the_order_keeps_the_key(world):
    proposal = world.gone()
    world.hold("INV/patient/2019")
    until_settled(world, proposal)
    assert why(world) == (Doubt.HELD,)
    assert world.kms.state(world.key) == "Enabled"


def test_a_hold_on_other_data_leaves_the_order_alone(world):
    proposal = world.gone()
    until_settled(world, proposal)
    world.hold("INV/patient/2031")
    until_settled(world, proposal)
    assert world.standing(proposal) == "PENDING"


def test_a_hold_that_comes_too_late_is_an_incident(world):
    proposal = world.gone()
    until_settled(world, proposal)
    world.clock.step(days=31)
    world.hold("INV/patient/2019")
    world.advance()
    world.dispose(proposal)
    assert world.kinds(Entry.KEY_CANCELLED)[-1].text("answer") == "refused"
    assert "held-key-ends" in {r.text("incident") for r in world.kinds(Entry.INCIDENT)}


def test_a_survey_in_the_window_that_sees_a_dataset_under_the_key_withdraws_the_order(world):
    proposal = world.gone()
    until_settled(world, proposal)
    world.clock.step(days=1)
    world.put("patient/2031/late", copy="dr")
    world.survey()
    until_settled(world, proposal)
    assert world.kms.state(world.key) == "Disabled"
    assert why(world) == (Doubt.SHARED,)


def test_a_survey_in_the_window_that_sees_copies_that_age_out_changes_nothing(world):
    proposal = world.gone()
    until_settled(world, proposal)
    world.clock.step(days=1)
    world.survey()
    other = world.put("somebody/elses", copy="dr")
    world.store.looks[other] = Looked("AES256")
    world.survey()
    assert world.buckets["backup"].held
    until_settled(world, proposal)
    assert world.standing(proposal) == "PENDING"


def test_a_withdrawal_that_got_no_answer_is_asked_for_again(world):
    proposal = world.gone()
    until_settled(world, proposal)
    world.hold("INV/patient/2019")
    world.advance()
    world.kms.denied.add("cancel_key_deletion")
    world.end_keys(proposal)
    assert world.standing(proposal) == "TO_CANCEL"
    world.kms.denied.clear()
    world.clock.step(days=1)
    until_settled(world, proposal)
    assert world.kms.state(world.key) == "Disabled"


def test_no_object_key_and_no_name_stands_in_what_is_written_of_keys(world):
    proposal = world.gone()
    until_settled(world, proposal)
    for record in world.ledger.records:
        if record.kind.value.startswith("key_"):
            assert "patient/2019/" not in record.leaf().decode()
