"""The whole story in memory, and every rule at the place where it bites."""

import pytest

from retention.domain.certificate import Certificate
from retention.domain.entry import Entry
from retention.errors import (
    AnswerError,
    DeliveryError,
    HeldError,
    NotAuthorisedError,
    RefusedError,
    StaleError,
)
from tests.support.cast import Key
from tests.support.world import World


@pytest.fixture
def world():
    world = World()
    world.fill(("2019", "2020"))
    world.publish(("2019", "2020"))
    return world


def certificate(world, proposal, kind):
    record = world.case(proposal).certified[kind]
    return Certificate.read(world.evidence.read(record.text("statement")))


def state(world, dataset="INV/patient/2019"):
    moved = [r for r in world.kinds(Entry.MOVED) if r.text("dataset") == dataset]
    return moved[-1].text("after")


def test_from_an_agreement_to_a_final_certificate(world):
    proposal = world.propose_all()
    assert world.next_steps() == [("review", proposal)]
    world.approve(proposal)
    assert world.next_steps() == [("dispose", proposal)]
    world.dispose(proposal)
    assert world.next_steps() == [("check_gone", proposal)]
    world.check_gone(proposal)
    assert world.next_steps() == [("certify", proposal)]
    assert world.certify(proposal) == ["INV-2026-000001"]
    assert world.next_steps() == [("deliver", proposal)]
    world.deliver(proposal)
    assert world.next_steps() == []
    interim = certificate(world, proposal, "interim")
    assert (
        interim.counts.destroyed
        == interim.what.versions
        == world.case(proposal).proposed.number("versions")
    )
    assert state(world) == "residual"
    world.clock.step(days=1)
    assert world.next_steps() == []  # the window closes at the end of this day
    world.clock.step(days=1)
    assert world.next_steps() == [("check_gone", proposal)]
    world.check_gone(proposal)
    assert world.next_steps() == []  # the backups are still there, and show every day
    world.backups_age_out()
    world.clock.step(days=1)
    world.check_gone(proposal)
    assert world.certify(proposal) == ["INV-2026-000002"]
    world.deliver(proposal)
    final = certificate(world, proposal, "final")
    assert final.identity.follows == "INV-2026-000001"
    assert state(world) == "closed"
    assert world.next_steps() == []
    assert len(world.courier.letters) == 2 + 4  # notices, and two certificates to two controllers


def test_rule_1_a_date_alone_destroys_nothing(world):
    world.clock.step(days=700)
    world.survey()
    world.notify()
    assert world.propose() == []
    assert not world.store.orders
    assert state(world) == "notified"


def test_rule_1_nothing_is_disposed_of_without_approval(world):
    proposal = world.propose_all()
    with pytest.raises(NotAuthorisedError, match="nobody approved"):
        world.dispose(proposal)
    world.answer(proposal, "rm-01")
    with pytest.raises(NotAuthorisedError, match="nobody approved"):
        world.dispose(proposal)
    assert not world.store.orders


def test_what_a_controller_objects_to_is_not_proposed(world):
    world.survey()
    world.notify()
    world.controllers_answer("object")
    assert world.propose() == []


def test_silence_waits_where_the_agreement_says_so(world):
    world.survey()
    world.notify()
    assert world.propose() == []


def test_a_notice_is_sent_once_to_each_controller(world):
    world.survey()
    world.notify()
    world.notify()
    assert sorted(each.to[0] for each in world.courier.letters) == [
        "north@example.invalid",
        "south@example.invalid",
    ]


def test_a_dead_mail_server_loses_no_notice(world):
    world.survey()
    world.courier.dead = DeliveryError("no answer", hint="try again")
    with pytest.raises(DeliveryError):
        world.notify()
    world.courier.dead = None
    world.notify()
    assert len(world.courier.letters) == 2


def test_rule_5_the_mark_of_another_list_is_asked_again(world):
    proposal = world.propose_all()
    with pytest.raises(AnswerError, match="mark"):
        world.answer(proposal, "rm-01", mark="0000-0000")
    assert world.desk(proposal).unanswered() == "records-manager"
    world.answer(proposal, "rm-01", attempt=2)
    assert world.desk(proposal).unanswered() == "information-asset-owner"


def test_rule_5_an_answer_that_the_gate_did_not_witness_is_worth_nothing(world):
    proposal = world.propose_all()
    with pytest.raises(AnswerError, match="witness"):
        world.answer(proposal, "rm-01", witness=False)


def test_rule_5_a_row_that_a_worker_wrote_is_no_signature(world):
    proposal = world.propose_all()
    world.gate.sign = lambda message: b"forged"
    real = Key()
    world.gate.holds = real.holds
    with pytest.raises(AnswerError, match="signature"):
        world.answer(proposal, "rm-01")


def test_rule_5_an_approval_dies_with_its_signature(world):
    proposal = world.propose_all()
    world.approve(proposal)
    world.gate.holds = lambda *_: False
    with pytest.raises(NotAuthorisedError, match="signature"):
        world.dispose(proposal)
    assert not world.store.orders


def test_rule_5_the_form_that_was_witnessed_is_the_form_that_counts(world):
    proposal = world.propose_all()
    desk = world.desk(proposal)
    form = world.form(proposal, decision="refuse")
    key = proposal.removeprefix("sha256:") + "-records-manager-1-1"
    world.sign(proposal, "rm-01", "records-manager", key, form)
    with pytest.raises(AnswerError, match="not the one"):
        desk.record("records-manager", key, form | {"decision": "approve all"})


def test_rule_5_an_approval_is_used_once(world):
    proposal = world.propose_all()
    world.approve(proposal)
    world.dispose(proposal)
    orders = len(world.store.orders)
    world.put("patient/2019/late")
    world.dispose(proposal)
    assert len(world.store.orders) == orders
    assert any(v.key == "patient/2019/late" for v in world.store.held)


def test_rule_5_an_approval_lapses(world):
    proposal = world.propose_all()
    world.approve(proposal)
    world.clock.step(days=15)
    with pytest.raises(NotAuthorisedError, match="lapsed"):
        world.dispose(proposal)
    world.advance()
    assert world.case(proposal).spent.text("why") in {"lapsed", "stopped"}
    assert not world.store.orders
    assert world.propose() != []  # the notice stands, and people are asked afresh


def test_rule_5_an_approval_dies_on_drift(world):
    proposal = world.propose_all()
    world.approve(proposal)
    world.put("patient/2020/new")
    with pytest.raises(StaleError, match="added or changed"):
        world.dispose(proposal)
    assert not world.store.orders
    with pytest.raises(RefusedError):
        world.dispose(proposal)
    assert world.case(proposal).spent.text("why") == "drifted"


def test_what_arrives_after_the_first_intent_is_left_alone_and_reported(world):
    proposal = world.propose_all()
    world.approve(proposal)
    before = world.store.before

    def arrive(port):
        world.store.before = before
        if port == "destroy":
            world.put("patient/2019/late")
        else:
            world.store.before = arrive

    world.store.before = arrive
    world.dispose(proposal)
    world.check_gone(proposal)
    world.certify(proposal)
    assert any(v.key == "patient/2019/late" for v in world.store.held)
    assert certificate(world, proposal, "interim").counts.arrivals == 1


def test_approve_except_reduces_what_the_next_approver_signs(world):
    proposal = world.propose_all()
    world.leave_out(proposal, 2)
    world.answer(proposal, "iao-01")
    world.dispose(proposal)
    assert {v.key[:13] for v in world.buckets["records"].held} == {"patient/2020/"}
    assert (
        state(world, "INV/patient/2020") == "review_open"
        or state(world, "INV/patient/2020") == "due"
    )
    world.check_gone(proposal)
    world.certify(proposal)
    assert certificate(world, proposal, "interim").not_destroyed.left_out == ("INV/patient/2020",)


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"exceptions": ""}, "exceptions are empty"),
        ({"exceptions": "1"}, "line 1: it cannot be read"),
        ({"exceptions": "1: hold because the coroner asks"}, "has no exceptions"),
        ({"decision": "approve except", "exceptions": "none"}, "names what is not approved"),
        ({"decision": "approve except", "exceptions": "3: refuse"}, "numbers 1 to 2"),
        ({"decision": "approve except", "exceptions": "1, 2: refuse"}, "leaves nothing"),
        ({"inquiries": ""}, "nothing was said of inquiries"),
        ({"inquiries": "yes, I know of one"}, "nothing is held for it"),
        ({"minute": " "}, "minute is missing"),
        ({"decision": "yes"}, "no such decision"),
        ({"reason": "ok"}, "too short"),
    ],
)
def test_an_answer_that_cannot_stand_is_asked_again(world, form, fault):
    proposal = world.propose_all()
    with pytest.raises(AnswerError, match=fault):
        world.answer(proposal, "rm-01", **form)
    assert world.desk(proposal).unanswered() == "records-manager"


def test_declining_sends_everything_back(world):
    proposal = world.propose_all()
    world.answer(proposal, "rm-01", decision="refuse")
    assert world.desk(proposal).unanswered() is None
    assert world.case(proposal).spent.text("why") == "refuse"
    assert state(world) == "review_open"
    with pytest.raises(NotAuthorisedError):
        world.dispose(proposal)


def test_rule_6_one_person_answers_once(world):
    proposal = world.propose_all()
    world.answer(proposal, "both-01")
    with pytest.raises(AnswerError, match="already decided"):
        world.answer(proposal, "both-01")


def test_rule_6_only_the_role_that_is_asked_may_answer(world):
    proposal = world.propose_all()
    with pytest.raises(AnswerError, match="records-manager"):
        world.answer(proposal, "iao-01")


def test_rule_6_somebody_who_recorded_no_trigger_must_approve():
    world = World(approved_by=("records-manager",))
    world.fill()
    world.publish(by="rm-01")
    proposal = world.propose_all()
    with pytest.raises(AnswerError, match="recorded one of the triggers"):
        world.answer(proposal, "rm-01")
    world.answer(proposal, "both-01", attempt=2)
    world.dispose(proposal)


def test_rule_4_a_hold_is_read_at_approval(world):
    proposal = world.propose_all()
    world.hold("INV/patient/2020")
    with pytest.raises(AnswerError, match="number 2"):
        world.answer(proposal, "rm-01")
    world.leave_out(proposal, 2, attempt=2)
    world.answer(proposal, "iao-01")
    world.dispose(proposal)


def test_rule_4_a_hold_after_approval_stops_the_disposal(world):
    proposal = world.propose_all()
    world.approve(proposal)
    world.hold()
    with pytest.raises(HeldError, match="H-0001"):
        world.dispose(proposal)
    assert not world.store.orders


def test_a_hold_half_way_leaves_a_partial_report_and_a_new_review(world, monkeypatch):
    from retention.steps import destroy as destruction

    monkeypatch.setattr(destruction, "BATCH", 3)
    proposal = world.propose_all()
    world.approve(proposal)
    after = world.store.after

    def hold(port):
        world.store.after = after
        world.hold()

    world.store.after = hold
    with pytest.raises(HeldError):
        world.dispose(proposal)
    gone = sum(map(len, world.store.orders))
    assert gone <= 3
    assert world.next_steps() == [("check_gone", proposal)]
    world.check_gone(proposal)
    world.certify(proposal)
    report = certificate(world, proposal, "partial")
    assert report.counts.destroyed == gone
    assert report.counts.held_back == report.what.versions - gone
    with pytest.raises(NotAuthorisedError):
        world.dispose(proposal)
    world.advance()
    assert state(world) in {"due", "partly_disposed"}


def test_looking_at_an_old_list_again_moves_nothing_of_a_newer_one(world):
    old = world.propose_all()
    world.leave_out(old, 2)
    world.answer(old, "iao-01")
    world.advance()
    new = world.propose()[-1]
    assert world.desk(new).unanswered() == "records-manager"
    world.desk(old).unanswered()
    assert state(world, "INV/patient/2020") == "in_review"
    world.answer(new, "rm-01", decision="refuse")
    world.advance()
    newest = world.propose()[-1]
    world.desk(newest).unanswered()
    world.desk(new).unanswered()
    world.advance()
    assert state(world, "INV/patient/2020") == "in_review"
