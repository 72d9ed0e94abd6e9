"""Acts from the browser: nothing is written but what was shown, on the yes of who asked for it."""

from dataclasses import replace
from typing import get_args
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest

from flows.acts import Confirm, ConfirmWide
from flows.hold import HoldForm
from flows.instruction import InstructionForm
from retention.domain.entry import Entry
from retention.steps.acts.desk import ALL, CONFIRM, CONFIRM_WIDE, FORM, NO, YES
from retention.steps.acts.kinds import INSTRUCTS, REPLIES
from retention.steps.explain import explain
from retention.steps.record import answers
from retention.steps.record.holds import GROUNDS
from retention.steps.references import by_reference, shown_by
from tests.support.acting import EVENT, HOLD, WIDE, Acting, recorded
from tests.support.acting import NO as SAYS_NO
from tests.support.acting import YES as SAYS_YES
from tests.support.world import World

ENGLAND = "INV/patient/2019"
TWO = ("2019", "2020")
ONE = {**HOLD, "holds": ENGLAND}


@pytest.fixture
def world():
    world = World()
    world.fill(TWO)
    world.survey()
    return world


def test_a_hold_is_placed_once_its_preview_was_confirmed(world):
    acting = Acting(world, "hold")
    assert acting.run() is None
    assert (acting.form, "If in doubt, hold" in acting.page) == (FORM, True)
    acting.give(ONE)
    assert acting.run() is None
    assert acting.form == CONFIRM
    assert "Place H-0001, a hold (court)" in acting.page
    assert not recorded(world)
    acting.give(SAYS_YES)
    ended = acting.run()
    assert (ended.recorded, ended.result, ended.entries) == (True, "H-0001", 1)
    assert recorded(world) == [Entry.HOLD_PLACED, Entry.ACTED]


def test_what_was_typed_is_kept_as_evidence_and_is_a_reference(world):
    Acting(world, "hold").through(ONE, SAYS_YES)
    (held,) = world.kinds(Entry.HOLD_PLACED)
    document = world.evidence.read(held.text("evidence")).decode()
    for word in ('"brought":"a reference, no file"', "LEG-2031-07", '"by":"rm-01"', ENGLAND):
        assert word in document
    assert held.text("evidence") in by_reference(world.ledger)
    assert held.text("by") == "rm-01"


def test_nothing_that_was_typed_stands_on_a_page(world):
    said = {**ONE, "evidence": "Zaphod's file", "reason": "Zaphod Invented has asked us"}
    acting = Acting(world, "hold")
    acting.through(said)
    assert not any("Zaphod" in page for _, page, _ in acting.prefect.asked)
    acting = Acting(world, "hold", run=str(UUID(int=8)))
    acting.through({**said, "holds": "INV/Zaphod"}, {**said, "holds": "Zaphod said something"})
    assert not any("Zaphod" in page for _, page, _ in acting.prefect.asked)


BAD = {
    "INV/patiant": "did you mean patient?",
    "XX": "there is no agreement of that name",
    "INV/patient/19": "that is no id of a dataset",
    "INV, INV": "one thing is said twice",
    "nation": "there is no agreement of that name",
    "nation englnd": "no nation of that name",
    "controller nrth": "did you mean north?",
    "covers from yesterday": "that is no day",
    "something about Wales": "says nothing that a hold can be about",
    "none": "there is no agreement of that name",
    " ": "nothing is written there",
    "INV/patient/1999": "'even if none'",
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_asked_again_with_why_and_what_to_do(world, line):
    acting = Acting(world, "hold")
    assert acting.through({**HOLD, "holds": line}) is None
    assert acting.form == FORM
    assert acting.key.endswith("-form-1-2")
    assert BAD[line].lower() in acting.page.replace("\\", "").lower()
    assert not recorded(world)
    assert acting.through(ONE, SAYS_YES).recorded


def test_each_thing_that_a_line_can_say_ends_in_the_hold(world):
    line = "INV/patient , controller north; covers through 2020-03-31, received 2026-10-30"
    said = {**HOLD, "ground": "foi", "holds": line + ", even if none, answered by north"}
    acting = Acting(world, "hold")
    acting.through(said, WIDE)
    (held,) = world.kinds(Entry.HOLD_PLACED)
    assert {k: v for k, v in held.facts.items() if v and k not in {"evidence", "reason"}} == {
        "hold": "H-0001",
        "ground": "foi",
        "agreement": "INV",
        "class": "patient",
        "controller": "north",
        "covers_through": "2020-03-31",
        "received_on": "2026-10-30",
        "answer_to": "north",
        "by": "rm-01",
    }


def test_what_is_over_wide_is_recorded_only_by_who_says_so_twice(world):
    acting = Acting(world, "hold")
    acting.through({**HOLD, "holds": "INV"})
    assert acting.form == CONFIRM_WIDE
    assert "all 2 datasets of INV" in acting.page
    acting.give({**SAYS_YES, "whole": "no"})
    assert acting.run() is None
    assert "did not say that you mean all of it" in acting.page
    assert not recorded(world)
    acting.give(WIDE)
    assert acting.run().recorded


def test_another_person_does_not_confirm(world):
    acting = Acting(world, "hold")
    acting.through(ONE)
    acting.give(SAYS_YES, by="iao-01")
    assert acting.run() is None
    assert "Somebody else filled in the form" in acting.page
    assert not recorded(world)
    acting.give(SAYS_YES)
    assert acting.run().recorded


def test_a_no_ends_it_and_nothing_is_recorded(world):
    ended = Acting(world, "hold").through(ONE, SAYS_NO)
    assert (ended.recorded, recorded(world)) == (False, [])


def test_who_may_not_is_told_so_before_any_preview(world):
    acting = Acting(world, "event")
    acting.through(EVENT, by="iao-01")
    assert acting.form == FORM
    assert "may not record round-published" in acting.page
    acting.give(EVENT, by="stranger")
    acting.run()
    assert "You are not among the people" in acting.page


def test_an_event_needs_something_that_shows_it(world):
    acting = Acting(world, "event")
    acting.through({**EVENT, "evidence": "None"})
    assert "retention event record" in acting.page
    acting.give(EVENT)
    acting.run()
    assert "No file was brought" in acting.page
    acting.give(SAYS_YES)
    assert acting.run().recorded
    assert acting.readied
    (event,) = world.kinds(Entry.EVENT)
    assert (event.text("value"), event.text("on"), event.text("by")) == (
        "2019",
        "2020-06-30",
        "rm-01",
    )


def test_an_event_for_which_the_agreement_wants_a_file_is_not_recorded_here(world):
    (event,) = world.library.now.events
    told = {}
    for evidence in ("file", "link or file"):
        wants = (replace(event, evidence=evidence),)
        world.library.now = replace(world.library.now, events=wants)
        acting = Acting(world, "event", run=str(uuid5(NAMESPACE_OID, evidence)))
        acting.run()
        assert f"(bring: {evidence})" in acting.page
        acting.through(EVENT)
        told[evidence] = acting.form
    assert told == {"file": FORM, "link or file": CONFIRM}


def test_an_answer_to_a_notice_is_recorded_and_a_letter_too(world):
    world.publish()
    world.survey()
    world.notify()
    (notice,) = world.kinds(Entry.NOTICE)
    said = {
        "about": notice.text("notice"),
        "party": "north",
        "says": "answer: proceed",
        "dataset": "none",
        "detail": "none",
        "signed_on": "none",
        "evidence": "mail of today",
        "reason": "their reply of today",
    }
    acting = Acting(world, "instruction")
    acting.run()
    assert notice.text("notice") in acting.page
    assert acting.through(said, SAYS_YES).recorded
    (answered,) = world.kinds(Entry.NOTICE_ANSWERED)
    assert answered.text("answer") == "proceed"
    letter = {**said, "about": "INV/patient", "says": "return it", "signed_on": "2026-10-01"}
    acting = Acting(world, "instruction", run=str(UUID(int=9)))
    assert acting.through(letter, SAYS_YES).result == "I-0001"
    for wrong in ({"signed_on": "none"}, {"detail": "2027-01-01"}, {"signed_on": "last week"}):
        acting = Acting(world, "instruction", run=str(UUID(int=10)))
        assert acting.through({**letter, **wrong}) is None
        assert acting.form == FORM


@pytest.mark.parametrize(("kind", "spent"), [("abort", "aborted"), ("stop", "stopped")])
def test_an_approval_is_withdrawn_by_its_mark(kind, spent):
    world = World(cooling_off=World().library.now.disposal.approval_lapses.parse("P3D"))
    world.fill()
    world.publish()
    proposal = world.propose_all()
    mark = world.mark(proposal)
    acting = Acting(world, kind)
    acting.run()
    assert "There is none at present" in acting.page
    world.approve(proposal)
    acting = Acting(world, kind, run=str(UUID(int=11)))
    acting.run()
    assert mark in acting.page
    said = {"mark": mark.upper(), "reason": "the wrong round was approved"}
    assert acting.through({**said, "mark": "0000-0000"}, said, SAYS_YES).result == mark
    assert world.case(proposal).spent.text("why") == spent


def test_what_can_be_chosen_on_the_forms_is_what_the_desk_knows():
    def choices(form, name):
        return get_args(form.model_fields[name].annotation)

    assert set(choices(HoldForm, "ground")) == set(GROUNDS)
    assert set(choices(InstructionForm, "says")) == {*REPLIES, *INSTRUCTS}
    assert set(REPLIES.values()) == set(answers.ANSWERS)
    assert choices(Confirm, "confirm") == (YES, NO)
    assert choices(ConfirmWide, "whole") == (ALL, NO)


def test_what_was_recorded_in_the_browser_says_so_wherever_its_evidence_is_told(world):
    world.publish(("2020",))
    Acting(world, "event").through(EVENT, SAYS_YES)
    references = by_reference(world.ledger)
    told = {
        each.text("value"): shown_by(each.text("evidence"), references)
        for each in world.kinds(Entry.EVENT)
    }
    assert told == {"2020": "a file", "2019": "a reference, no file"}
    ports = {"library": world.library, "catalogue": world.catalogue, "ledger": world.ledger}
    for dataset, by in {ENGLAND: True, "INV/patient/2020": False}.items():
        explained = explain(dataset, {}, **ports, on=world.clock.today())
        assert explained.by_reference is by
