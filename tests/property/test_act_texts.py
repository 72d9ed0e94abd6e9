"""Whatever people type into the form of an act is asked again or shown; it never fails a run."""

from functools import cache
from uuid import uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.abort import AbortForm
from flows.event import EventForm
from flows.hold import HoldForm
from flows.instruction import InstructionForm
from flows.stop import StopForm
from retention.steps.acts.kinds import INSTRUCTS, REPLIES
from retention.steps.acts.questions import Questions
from tests.support.acting import YES, Acting, Waiting, recorded
from tests.support.world import World

FORMS = {
    "hold": HoldForm,
    "event": EventForm,
    "instruction": InstructionForm,
    "abort": AbortForm,
    "stop": StopForm,
}
MEANT = (
    *("INV", "INV/patient", "INV/patient/2019", "INV/patient/2031", "north", "nation wales"),
    *("round-published", "returned-to-use", "2019", "2020-06-30", "none", "due", "even if none"),
    *("controller north", "covers from 2019-01-01", "received 2026-10-01", "court", "foi"),
    *(*REPLIES, *INSTRUCTS, "round-published=2030-06-30", "a reason of ten letters"),
)
FIELD = st.one_of(
    st.sampled_from(MEANT),
    st.text(max_size=40),
    st.lists(st.sampled_from(MEANT), min_size=2, max_size=4).map(", ".join),
    st.sampled_from(("0000-0000", "\x00", "NaN", "INV/patient/\u0662\u0660", "../..", "a" * 5_000)),
)


@cache
def world():
    made = World()
    made.fill()
    made.publish(("2018",))
    made.survey()
    return made


@pytest.mark.parametrize("kind", FORMS)
@settings(deadline=None)
@given(data=st.data())
def test_any_text_in_any_field_is_asked_again_or_shown_and_writes_nothing(kind, data):
    before = recorded(world())
    said = {name: data.draw(FIELD, name) for name in FORMS[kind].model_fields}
    acting = Acting(world(), kind, run=str(uuid4()))
    assert (
        acting.through(said, by=data.draw(st.sampled_from(("rm-01", "iao-01", "both-01")))) is None
    )
    assert len(acting.prefect.asked) == 2
    form, page, _ = acting.prefect.asked[-1]
    assert ("answer again" in page) == (form == "form")
    assert recorded(world()) == before


@settings(deadline=None)
@given(answer=st.dictionaries(st.sampled_from(("confirm", "whole", "else")), FIELD))
def test_any_answer_but_yes_to_the_question_writes_nothing(answer):
    before = recorded(world())
    acting = Acting(world(), "hold", run=str(uuid4()))
    said = {"ground": "court", "holds": "INV/patient/2019", "evidence": "none"}
    acting.through({**said, "reason": "a claim was announced"}, answer)
    assert recorded(world()) == before
    assert answer.get("confirm") != YES["confirm"]


@settings(deadline=None)
@given(about=FIELD, supposing=FIELD)
@example("INV/patient/2019", "none")
@example("INV/patient", "round-published=2030-06-30")
@example("due", "none")
def test_any_question_is_answered_or_asked_again_and_repeats_nothing_that_was_typed(
    about, supposing
):
    typed = {"about": about, "supposing": supposing}
    pages = []

    def ask(page, key):
        pages.append(page)
        if len(pages) > 1:
            raise Waiting
        return typed

    questions = Questions(str(uuid4()), lambda: world().recording)
    try:
        pages.append(questions.answer(ask, 1))
    except Waiting:
        assert "answer again" in pages[-1]
    for value in (about, supposing):
        known = any(value in each or each in value for each in MEANT)
        if len(value) > 12 and not known:
            assert value not in pages[-1]
