"""What somebody who looked for trouble found: each is shown once, and stays shut."""

import dataclasses
from datetime import date

import pytest

from retention.domain.case import proposal_stream
from retention.domain.disposition import State
from retention.domain.entry import Draft, Entry
from retention.domain.pattern import Pattern
from retention.errors import (
    AgreementError,
    HeldError,
    NotAuthorisedError,
    RefusedError,
    StaleError,
    StoreError,
)
from retention.steps import destroy as destruction
from retention.steps.moves import state_of
from retention.steps.record.holds import plan_hold
from retention.steps.record.scopes import Scope
from tests.support.cast import PEOPLE, agreement
from tests.support.memory import PowerCut
from tests.support.stores import GOOD
from tests.support.world import World


@pytest.fixture
def world():
    world = World()
    world.fill(("2019",))
    world.publish(("2019",))
    return world


def approved(world):
    proposal = world.propose_all()
    world.approve(proposal)
    return proposal


def test_a_controller_who_objects_after_the_approval_stops_it(world):
    proposal = approved(world)
    world.controllers_answer("object")
    with pytest.raises(NotAuthorisedError, match="objects"):
        world.dispose(proposal)
    assert not world.store.orders


@pytest.mark.parametrize(
    ("on", "why"), [(date(2026, 6, 30), "no longer eligible"), (date(2020, 5, 30), "dates changed")]
)
def test_an_event_recorded_anew_voids_the_approval(world, on, why):
    proposal = approved(world)
    world.publish(("2019",), on=on)
    with pytest.raises(StaleError, match=why):
        world.dispose(proposal)
    assert not world.store.orders


def test_an_agreement_that_ended_meanwhile_voids_the_approval(world):
    proposal = approved(world)
    ended = dataclasses.replace(world.library.now, in_force_until=date(2026, 11, 1))
    world.library.now = ended
    with pytest.raises(StaleError, match="no longer eligible"):
        world.dispose(proposal)


def test_a_no_cannot_be_written_as_a_yes(world):
    proposal = world.propose_all()
    world.answer(proposal, "rm-01")
    yes = world.case(proposal).decided[0]
    form = world.form(proposal, decision="refuse")
    key = proposal.removeprefix("sha256:") + "-information-asset-owner-1-1"
    world.sign(proposal, "iao-01", "information-asset-owner", key, form)
    signed = world.ledger.records[-1]
    forged = {
        **yes.facts,
        "step": "information-asset-owner",
        "person": "iao-01",
        "signed": str(signed.index),
        "input": signed.text("input"),
    }
    world.ledger.append(Draft(proposal_stream(proposal), Entry.DECIDED, forged))
    world.desk(proposal).unanswered()
    with pytest.raises(RefusedError):
        world.dispose(proposal)
    assert not world.store.orders


def test_somebody_without_the_role_is_no_approver(world, monkeypatch):
    proposal = approved(world)
    fewer = [dataclasses.replace(p, roles=()) if p.id == "iao-01" else p for p in PEOPLE]
    monkeypatch.setattr(world.library, "people", lambda: fewer)
    with pytest.raises(NotAuthorisedError, match="role"):
        world.dispose(proposal)


def test_a_copy_that_names_its_placeholders_in_another_order_is_the_same_dataset():
    world = World()
    kind = world.library.now.classes[0]
    here = Pattern.parse("s3://records/p/{nation:[a-z]+}/{round:[0-9]{4}}/")
    there = Pattern.parse("s3://dr/p/{round:[0-9]{4}}/{nation:[a-z]+}/")
    copies = (dataclasses.replace(kind.copies[0], store=there),)
    kind = dataclasses.replace(kind, datasets=(here,), copies=copies)
    world.library.now = dataclasses.replace(world.library.now, classes=(kind,))
    world.put("p/wales/2019/a")
    world.put("p/2019/wales/a", copy="dr")
    world.survey()
    assert {h.dataset for h in world.catalogue.holdings()} == {"INV/patient/wales/2019"}


@pytest.mark.parametrize(
    ("class_name", "dataset"),
    [
        ("patinet", ""),
        ("", "INV/patient/2019/more"),
        ("", "INV/patinet/2019"),
        ("", "OTHER/patient/2019"),
    ],
)
def test_a_hold_that_would_hold_nothing_is_refused(world, class_name, dataset):
    scope = Scope("INV", class_name, dataset)
    with pytest.raises(AgreementError):
        world.record(plan_hold, scope, "court", even_if_none=True)


def test_two_planners_at_once_freeze_one_proposal(world):
    world.survey()
    world.notify()
    world.controllers_answer()
    real, seen = world.ledger.append_all, []

    def other_first(drafts, *, expect=None):
        if not seen:
            seen.append(True)
            world.propose()
        return real(drafts, expect=expect)

    world.ledger.append_all = other_first
    with pytest.raises(RefusedError):
        world.propose()
    assert len(world.kinds(Entry.PROPOSED)) == 1


def test_what_was_agreed_in_an_older_notice_does_not_count_against_a_newer_one(world):
    proposal = world.propose_all()
    world.answer(proposal, "rm-01", decision="refuse")
    world.fill(("2020",))
    world.publish(("2020",))
    world.survey()
    world.notify()
    assert world.kinds(Entry.NOTICE)[-1].number("datasets") == 2
    world.controllers_answer("object")
    assert world.propose() == []


def test_no_final_certificate_while_something_came_back(world):
    proposal = approved(world)
    version = min(world.buckets["records"].held)
    world.dispose(proposal)
    world.check_gone(proposal)
    world.certify(proposal)
    world.clock.step(days=2)
    world.backups_age_out()
    world.buckets["records"].held.add(version)  # restored, under its own id
    world.check_gone(proposal)
    assert world.certify(proposal) == []
    assert "resurrection" in {r.text("incident") for r in world.kinds(Entry.INCIDENT)}
    assert ("certify", proposal) not in world.next_steps()


def test_what_arrives_after_a_crash_and_before_the_first_intent_voids_the_approval(world):
    proposal = approved(world)

    def cut(name):
        if world.kinds(Entry.BEGIN_LISTING):
            raise PowerCut

    with pytest.raises(PowerCut), world.dying(cut):
        world.dispose(proposal)
    world.put("patient/2019/new")
    with pytest.raises(StaleError, match="added or changed"):
        world.dispose(proposal)
    assert not world.store.orders


def test_what_a_bucket_can_overwrite_is_not_proposed(world):
    world.buckets["records"].suspend()
    world.put("patient/2019/loose")
    world.survey()
    world.notify()
    world.controllers_answer()
    assert world.propose() == []
    assert {r.text("incident") for r in world.kinds(Entry.INCIDENT)} == {"not-versioned"}


@pytest.mark.parametrize("says", ["off", "suspended"])
def test_where_a_store_keeps_no_versions_nothing_is_planned(world, says):
    world.store.said = dataclasses.replace(GOOD, versioning=says)
    world.survey()
    world.notify()
    world.controllers_answer()
    assert world.propose() == []
    assert {r.text("incident") for r in world.kinds(Entry.INCIDENT)} == {"not-versioned"}
    assert not world.kinds(Entry.PROPOSED)


def test_a_store_that_does_not_say_what_it_keeps_is_not_planned_on(world):
    unknown = {"versioning": "AccessDenied"}
    world.store.said = dataclasses.replace(GOOD, versioning=None, unknown=unknown)
    world.survey()
    world.notify()
    world.controllers_answer()
    with pytest.raises(StoreError, match="AccessDenied"):
        world.propose()
    assert not world.kinds(Entry.PROPOSED)


def test_a_marker_that_went_before_the_crash_does_not_stay_unknown(world, monkeypatch):
    monkeypatch.setattr(destruction, "BATCH", 50)
    proposal = approved(world)
    hidden = next(v for v in world.store.held if v.kind.value == "marker")
    bucket = world.buckets["records"]  # where the marker is, and not a copy that ages out
    data = min(v for v in bucket.held if v.key == hidden.key and v != hidden)

    def die_once(port):
        if hidden not in world.store.held:
            world.store.after = lambda port: None
            raise PowerCut

    world.store.after = die_once
    with pytest.raises(PowerCut):
        world.dispose(proposal)
    bucket.held.add(data)
    world.store.silent.add(data)
    world.dispose(proposal)
    world.check_gone(proposal)  # raises nothing: the order that was cut off may have worked
    assert world.kinds(Entry.VERIFIED)[-1].number("failed") == 1


def test_a_new_version_sends_back_what_was_told_and_asked_under_the_old_one(world):
    proposal = world.propose_all()
    world.answer(proposal, "rm-01")
    world.library.now = agreement(version=2)
    world.advance()
    assert world.case(proposal).spent.text("why") == "superseded"
    assert world.desk(proposal).unanswered() is None
    world.controllers_answer()
    assert len(world.propose()) == 1
    assert world.kinds(Entry.PROPOSED)[-1].number("version") == 2


def test_one_can_decline_under_a_version_that_no_longer_governs(world):
    proposal = world.propose_all()
    world.library.now = agreement(version=2)
    world.answer(proposal, "rm-01", decision="refuse")
    assert world.case(proposal).spent.text("why") == "refuse"


def test_a_class_that_the_new_version_dropped_stops_nobody(world):
    world.survey()
    kind = dataclasses.replace(world.library.now.classes[0], name="other")
    world.library.now = dataclasses.replace(agreement(version=2), classes=(kind,))
    assert world.classify() == []


def test_two_issuers_at_once_issue_one_certificate(world):
    proposal = approved(world)
    world.dispose(proposal)
    world.check_gone(proposal)
    real, seen = world.ledger.append, []

    def other_first(draft, *, expect=None):
        if draft.kind is Entry.CERTIFIED and not seen:
            seen.append(True)
            world.certify(proposal)
        return real(draft, expect=expect)

    world.ledger.append = other_first
    world.certify(proposal)
    assert len(world.kinds(Entry.CERTIFIED)) == 1


def test_two_who_begin_at_once_raise_no_false_alarm(world):
    proposal = approved(world)
    real, seen = world.ledger.append, []

    def other_first(draft, *, expect=None):
        if draft.kind is Entry.BEGIN_LISTING and not seen:
            seen.append(True)
            world.dispose(proposal)
        return real(draft, expect=expect)

    world.ledger.append = other_first
    world.dispose(proposal)
    assert not world.kinds(Entry.INCIDENT)
    ordered = [version for order in world.store.orders for version in order]
    assert len(ordered) == len(set(ordered))


def test_a_hold_that_was_placed_and_released_leads_back_to_review(world):
    proposal = approved(world)
    world.hold()
    (placed,) = world.kinds(Entry.HOLD_PLACED)
    facts = {"hold": placed.text("hold"), "by": "rm-01", "evidence": "sha256:0", "reason": ""}
    world.ledger.append(Draft("holds", Entry.HOLD_RELEASED, facts))
    with pytest.raises(HeldError):
        world.dispose(proposal)
    assert world.kinds(Entry.INTENT) == []
    world.advance()
    assert world.case(proposal).spent.text("why") == "held"
    assert world.next_steps() == []
    states = {state_of(world.ledger, r.text("dataset")) for r in world.kinds(Entry.MOVED)}
    assert states == {State.NOTIFIED}, "told again, and to be asked again"


def test_an_event_of_which_less_is_known_than_was_shown_voids_the_approval(world):
    proposal = approved(world)
    (recorded,) = world.kinds(Entry.EVENT)
    # The same last day, so that it is due as before; but it may have been earlier, and so the
    # maximum is.
    facts = {**recorded.facts, "on": "2020-06"}
    world.ledger.append(Draft(recorded.stream, Entry.EVENT, facts))
    with pytest.raises(StaleError, match="dates changed"):
        world.dispose(proposal)
    assert not world.store.orders
