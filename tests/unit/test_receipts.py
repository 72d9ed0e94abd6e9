"""That a notice reached a controller, on somebody's word: what counts from it, and what does not."""

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.agreement import Silence
from retention.domain.certificate import Certificate
from retention.domain.clock import Period
from retention.domain.entry import Draft, Entry
from retention.domain.wording import NO_SERVER
from retention.errors import AgreementError, DeliveryError, NotAuthorisedError, RefusedError
from retention.steps.chase import Owes
from retention.steps.notice_given import given_to
from retention.steps.notify import notices
from retention.steps.pack import pack_of
from retention.steps.record.receipts import plan_receipt, plan_receipt_retraction
from retention.views.certificate_view import document
from retention.views.preview import NOT_KNOWN
from tests.golden.test_certificate import KIT
from tests.support.cast import MemoryCourier
from tests.support.certificates import certificate
from tests.support.recording import plan
from tests.unit.test_chase import A, Refusing, answer, letters, lines, told, untold_yet

D = date.fromisoformat
P = Period.parse
TOLD_ON = D("2026-11-02")
BOTH = ("north", "south")


def the_notice(world):
    (notice,) = notices(world.ledger)
    return notice


def ripe_on(world):
    return the_notice(world).ripe_on(world.library.now, BOTH, A)


def attest(world, controller="south", on="2026-11-03", by="rm-01"):
    return world.record(plan_receipt, the_notice(world).id, controller, D(on), by=by)


def retract(world, controller="south"):
    return world.record(plan_receipt_retraction, the_notice(world).id, controller)


def bounced(days=4, **terms):
    """Return a world whose notice did not reach south, some days later."""
    world = untold_yet(("2019",), **terms)
    world.courier = Refusing("south@example.invalid")
    with pytest.raises(DeliveryError):
        world.notify()
    world.mails()
    world.clock.step(days=days)
    return world


def test_the_notice_counts_from_the_day_after_it_was_received_as_attested():
    world = bounced(silence=Silence.PROCEED)
    assert ripe_on(world) is None
    planned = attest(world)
    # North 2 November, south 3: day one is the 4th, day thirty 3 December.
    assert ripe_on(world) == D("2026-12-04")
    said = " ".join(planned.preview.notes)
    assert "The notice period of 30 days counts from 4 November 2026" in said
    assert "People can be asked about 1 dataset from 4 December 2026." in said
    rows = {row.what: (row.before, row.after) for row in planned.preview.changes[0].rows}
    assert rows == {
        "south has the notice since": (NOT_KNOWN, D("2026-11-03")),
        "people asked from": (NOT_KNOWN, D("2026-12-04")),
    }


def test_nobody_is_asked_a_day_before():
    world = bounced(days=0, silence=Silence.PROCEED)
    world.clock.step(days=1)
    attest(world)
    world.clock.step(days=30)
    assert (world.clock.today(), world.propose()) == (D("2026-12-03"), [])
    world.clock.step(days=1)
    assert len(world.propose()) == 1


def test_it_approves_nothing_and_silence_still_waits():
    world = bounced(silence=Silence.WAIT, notice=P("P0D"))
    said = " ".join(attest(world).preview.notes)
    assert "every controller must answer proceed" in said
    assert world.propose() == []


def test_whoever_has_it_by_word_is_no_longer_chased_as_bounced_and_gets_nothing_again():
    world = bounced()
    assert {(each.what, each.whom) for each in world.owed()} == {
        (Owes.RECEIPT, "south"),
        (Owes.ANSWER, "north"),
    }
    attest(world)
    south = next(each for each in world.owed() if each.whom == "south")
    assert (south.what, south.since, south.key) == (Owes.ANSWER, D("2026-11-03"), "south")
    assert not lines(world)["notices that no mail server took"].how_many
    world.courier = MemoryCourier()
    world.notify()
    assert not world.mails()


def test_reminders_count_from_that_day_and_do_not_name_a_mail_server():
    world = bounced(days=1)
    attest(world)
    world.courier = MemoryCourier()
    days = {}
    for _ in range(7):
        world.clock.step(days=1)
        world.remind()
        days |= {world.clock.today(): each for each in letters(world, "south", "Reminder 1")}
    ((day, letter),) = days.items()
    assert day == D("2026-11-10")
    assert "On 3 November 2026 you received our notice" in " ".join(letter.body.split())
    assert "mail server" not in letter.body


def test_one_whom_no_server_takes_it_for_keeps_it_from_no_other():
    world = untold_yet(("2019",))
    world.courier = Refusing("north@example.invalid")
    with pytest.raises(DeliveryError):
        world.notify()
    assert set(the_notice(world).reached) == {"south"}


def test_an_answer_of_whom_it_did_not_reach_says_what_to_attest_first():
    world = bounced()
    with pytest.raises(AgreementError) as error:
        answer(world, "south", "proceed")
    assert "--from south --received-on" in error.value.hint
    attest(world)
    answer(world, "south", "proceed")
    assert the_notice(world).answer_of("south", A) == "proceed"


@given(
    accepted=st.dictionaries(st.sampled_from(BOTH), st.integers(0, 20)),
    attested=st.dictionaries(st.sampled_from(BOTH), st.integers(0, 20)),
)
def test_the_first_day_of_each_counts_whoever_says_so(accepted, attested):
    notice = the_notice(MADE)
    record = notice.record

    def taken(day):
        return replace(record, at=record.at.replace(day=2 + day))

    def word(day):
        return replace(record, facts={"on": D("2026-11-02").replace(day=2 + day).isoformat()})

    found = replace(
        notice,
        accepted={each: taken(day) for each, day in accepted.items()},
        attested={each: word(day) for each, day in attested.items()},
    )
    first = {
        each: min(days[each] for days in (accepted, attested) if each in days)
        for each in {*accepted, *attested}
    }
    assert {each: (on - TOLD_ON).days for each, on in found.reached.items()} == first
    over_on = found.over_on(MADE.library.now, BOTH)
    assert (over_on is None) == (set(first) != set(BOTH))
    if over_on is not None:
        assert (over_on - TOLD_ON).days == max(first.values()) + 31
    for each in BOTH:
        by_word = each in attested and attested[each] < accepted.get(each, 99)
        assert found.is_by_word(each) is by_word


MADE = told()


def test_a_later_word_moves_no_day_and_says_so():
    world = told(silence=Silence.PROCEED)
    before = ripe_on(world)
    world.clock.step(days=5)
    planned = attest(world, on="2026-11-06")
    assert ripe_on(world) == before
    assert any("the first day counts: this moves none" in each for each in planned.preview.notes)


@pytest.mark.parametrize(
    ("controller", "on", "says"),
    [
        ("south", "2026-11-07", "that day has not come"),
        ("south", "2026-11-01", "was written on 2 November 2026"),
        ("sout", "2026-11-03", "to no controller of that name"),
        ("hqip", "2026-11-03", "to no controller of that name"),
    ],
)
def test_what_cannot_be_is_refused(controller, on, says):
    world = bounced()
    with pytest.raises(AgreementError, match=says):
        attest(world, controller, on)
    assert not world.kinds(Entry.NOTICE_RECEIVED)


def test_the_days_at_the_edge_are_taken():
    for on in ("2026-11-02", "2026-11-06"):
        world = bounced()
        attest(world, on=on)
        assert the_notice(world).reached["south"] == D(on)


def test_a_notice_that_is_none_is_refused():
    with pytest.raises(AgreementError, match="no notice of that number"):
        plan(bounced(), plan_receipt, "0" * 12, "south", D("2026-11-03"))


def test_it_takes_who_may_record_an_answer():
    world = bounced()
    with pytest.raises(NotAuthorisedError, match="may not record that a controller got a notice"):
        attest(world, by="audit-01")
    attest(world, by="iao-01")
    (entry,) = world.kinds(Entry.NOTICE_RECEIVED)
    assert entry.text("by") == "iao-01"


def test_approvers_are_told_whose_word_it_is():
    world = bounced(notice=P("P0D"), silence=Silence.PROCEED)
    attest(world)
    (proposal,) = world.propose()
    told = pack_of(world.case(proposal), world.proposal(proposal), world.recording).answers
    assert dict(told) == {
        "north": "told on 2 November 2026; no answer, and by the agreement that goes on",
        "south": "it received the notice, as is attested, on 3 November 2026; no answer, and by the "
        "agreement that goes on",
    }


# Taken back


def test_a_wrong_day_is_taken_back_and_given_anew():
    world = bounced(silence=Silence.PROCEED)
    attest(world)
    with pytest.raises(RefusedError, match="attested already that south received it, on 3 Nov"):
        attest(world, on="2026-11-05")
    retract(world)
    assert ripe_on(world) is None
    attest(world, on="2026-11-05")
    assert ripe_on(world) == D("2026-12-06")


def test_what_was_taken_back_is_as_if_never_said():
    world = bounced()
    attest(world)
    planned = retract(world)
    assert any("It is sent to south again" in each for each in planned.preview.notes)
    assert {each.what for each in world.owed() if each.whom == "south"} == {Owes.RECEIPT}
    world.courier = MemoryCourier()
    world.notify()
    assert [each.to for each in world.mails()] == [["south@example.invalid"]]
    with pytest.raises(AgreementError, match="nothing is attested"):
        retract(world)


def asked_on_a_word():
    """Return a world in which a list was approved, on the word that south had its notice."""
    world = bounced(notice=P("P0D"))
    world.survey()
    attest(world)
    world.controllers_answer()
    answer(world, "south", "proceed")
    (proposal,) = world.propose()
    world.approve(proposal)
    return world, proposal


def test_an_approval_falls_with_the_word_that_it_rests_on():
    world, proposal = asked_on_a_word()
    planned = retract(world)
    assert any("the approval falls" in each for each in planned.preview.notes)
    with pytest.raises(NotAuthorisedError, match="before the notice had reached every controller"):
        world.dispose(proposal)
    world.courier = MemoryCourier()
    world.advance()
    assert world.case(proposal).spent.text("why") == "not-told"
    assert not world.kinds(Entry.INTENT)
    assert letters(world, "south", "Notice"), "it is told, now"


def test_a_day_that_moves_past_the_asking_makes_it_fall_too():
    world, proposal = asked_on_a_word()
    world.clock.step(days=1)
    retract(world)
    attest(world, on="2026-11-07")
    with pytest.raises(NotAuthorisedError, match="before the notice had reached every controller"):
        world.dispose(proposal)


def test_the_same_day_said_again_with_better_evidence_lets_it_stand():
    world, proposal = asked_on_a_word()
    retract(world)
    attest(world)
    world.dispose(proposal)
    assert world.kinds(Entry.INTENT)


def certified():
    world, proposal = asked_on_a_word()
    world.dispose(proposal)
    world.check_gone(proposal)
    world.certify(proposal)
    return world, proposal


def test_what_a_certificate_names_is_not_taken_back():
    world, _ = certified()
    with pytest.raises(RefusedError, match="a certificate names it"):
        retract(world)


# On the page


def test_the_certificate_grades_it_as_attested():
    world, _ = certified()
    (record,) = world.kinds(Entry.CERTIFIED)
    statement = world.evidence.read(record.text("statement")).decode()
    (entry,) = world.kinds(Entry.NOTICE_RECEIVED)
    said = f"proceed; attested by rm-01, entry {entry.index}: received on 2026-11-03; "
    assert said + "accepted by no mail server" in statement
    assert '"answer":"proceed","controller":"north"' in re.sub(
        r'"accepted_at":"[^"]*",', "", statement
    )


def page(*told):
    """Return the data of the pages of a certificate of which these notices were given."""
    made = certificate()
    made = replace(made, authority=replace(made.authority, notices=told))
    assert Certificate.read(made.statement()) == made
    return json.dumps(json.loads(document(made, KIT).data))


def test_the_page_gives_no_instant_at_which_a_server_took_what_none_took():
    notice = certificate().authority.notices[0]
    taken, word = (
        replace(notice, answer=says)
        for says in ("proceed", f"proceed; attested by rm-01, entry 5: {NO_SERVER}")
    )
    row = '["Audit Sponsor (invented)", {}, "{}"]'
    row = row.replace("Audit Sponsor (invented)", certificate().identity.recipients[0].name)
    chip = '{"chip": "attested", "says": "attested"}'
    assert row.replace("{}", chip, 1).replace("{}", "proceed") in page(word)
    assert f"{notice.controller}: attested by rm-01, entry 5: {NO_SERVER}." in page(word)
    assert f"Receipt attested for {notice.controller}" in page(word)
    assert f"Notice accepted for {notice.controller}" in page(taken)
    assert "attested for" not in page(taken)


def test_where_a_server_took_it_later_both_stand():
    world = bounced()
    attest(world)
    notice = the_notice(world)
    facts = {"notice": notice.id, "controller": "south", "message": "sha256:" + "1" * 64}
    world.ledger.append(Draft(f"notice:{notice.id}", Entry.NOTICE_ACCEPTED, facts))
    notice = the_notice(world)
    row = given_to("south", notice, [A])
    assert row.accepted_at == notice.accepted["south"].at
    assert row.answer.startswith("no answer; attested by rm-01, entry")
    assert not row.is_attested
    assert given_to("north", notice, [A]).answer == ""
