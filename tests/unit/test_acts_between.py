"""What comes between a form and its entry: changes, crashes, other people, and forgeries."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from retention.domain.entry import Entry
from retention.steps.acts.desk import ATTEMPTS_MAX, CONFIRM, FORM
from retention.steps.record.events import plan_retraction
from tests.support.acting import EVENT, HOLD, WIDE, Acting, recorded
from tests.support.acting import NO as SAYS_NO
from tests.support.acting import YES as SAYS_YES
from tests.support.cast import Key
from tests.support.memory import DieAt, PowerCut
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


def test_what_touches_other_things_by_now_is_shown_again(world):
    acting = Acting(world, "hold")
    acting.through({**HOLD, "holds": "INV/patient, even if none"})
    first = acting.key
    world.hold(ENGLAND)  # takes the number that was shown
    acting.give(WIDE)
    assert acting.run() is None
    assert acting.key != first
    assert "has changed since you looked" in acting.page
    assert "H-0002" in acting.page
    acting.give(WIDE)
    assert acting.run().result == "H-0002"


def test_what_does_not_change_the_preview_asks_nobody_again(world):
    acting = Acting(world, "hold")
    acting.through(ONE)
    world.survey()  # the streams that it follows from have grown, and say the same
    acting.give(SAYS_YES)
    assert acting.run().recorded


def test_a_write_that_comes_between_is_noticed_and_what_was_confirmed_stands_if_it_is_the_same(
    world,
):
    acting = Acting(world, "hold")
    acting.through(ONE)
    acting.give(SAYS_YES)
    once = iter([True])

    def meanwhile(name):
        if name == "ledger.append_all" and next(once, False):
            world.survey()

    with world.dying(meanwhile):
        assert acting.run().recorded
    assert len(world.kinds(Entry.HOLD_PLACED)) == 1


def test_a_yes_to_an_older_preview_is_not_one_to_the_same_preview_later(world):
    acting = Acting(world, "hold")
    acting.through(ONE)
    acting.give(SAYS_YES)
    other = world.hold("INV/patient/2020")  # H-0001 is taken: another preview
    assert acting.run() is None
    acting.give(SAYS_NO)
    assert not acting.run().recorded
    assert [r.text("hold") for r in world.kinds(Entry.HOLD_PLACED)] == [other]


def test_a_yes_counts_no_more_once_something_else_was_asked_after_it(world):
    acting = Acting(world, "event")
    acting.through(EVENT)
    acting.give(SAYS_YES)
    world.publish(on=date(2020, 7, 31))
    assert acting.run() is None
    assert "it replaces 31 July 2020" in acting.page
    acting.give(SAYS_YES, by="iao-01")
    world.record(plan_retraction, "INV", "round-published", "2019", by="audit-01")
    assert acting.run() is None  # what is shown is as at first; nobody said yes to it since
    assert "it replaces" not in acting.page
    assert Entry.ACTED not in recorded(world)


def test_the_same_form_given_again_takes_a_yes_of_its_own(world):
    acting = Acting(world, "event")
    acting.through(EVENT)
    acting.give(SAYS_YES)
    world.publish()  # the same, by somebody else: there is nothing left to record
    assert acting.run() is None
    assert "It is recorded like that already" in acting.page
    acting.give(EVENT)
    world.record(plan_retraction, "INV", "round-published", "2019", by="audit-01")
    assert acting.run() is None
    assert (acting.form, "changed since" in acting.page) == (CONFIRM, False)
    assert Entry.ACTED not in recorded(world)


def test_an_earlier_form_counts_no_more_once_a_later_one_was_given(world):
    acting = Acting(world, "hold")
    acting.through({**HOLD, "holds": "INV/patient/2021"})  # holds nothing yet
    acting.give({**HOLD, "holds": "INV/patient/2020"})
    world.fill(("2021",))
    world.survey()  # by now the first would stand
    assert acting.run() is None
    assert "INV/patient/2020" in acting.page
    acting.give(SAYS_YES)
    acting.run()
    (held,) = world.kinds(Entry.HOLD_PLACED)
    assert held.text("dataset") == "INV/patient/2020"


def test_it_is_asked_so_often_and_then_ends_by_itself(world):
    acting = Acting(world, "hold")
    for _ in range(ATTEMPTS_MAX):
        assert acting.run() is None
        acting.give({**HOLD, "holds": "nothing there is"})
    assert not acting.run().recorded
    acting = Acting(world, "hold", run=str(UUID(int=12)))
    acting.through(ONE)
    for _ in range(ATTEMPTS_MAX):
        assert acting.run() is None
        acting.give(SAYS_YES, by="iao-01")
    assert not acting.run().recorded
    assert not recorded(world)


def test_a_run_that_was_woken_without_an_answer_asks_again(world):
    acting = Acting(world, "hold")
    acting.run()
    acting.prefect.answers[acting.key] = None
    assert acting.run() is None
    assert "Field required" in acting.page
    assert acting.through(ONE, SAYS_YES).recorded


def test_a_retried_run_begins_anew_and_one_that_has_recorded_ends(world):
    acting = Acting(world, "hold")
    acting.through({**HOLD, "holds": "nothing there is"}, ONE)
    again = Acting(world, "hold", run_count=2)
    assert again.run() is None
    assert again.key.endswith("-form-2-1")
    assert again.through(ONE, SAYS_YES).recorded
    assert Acting(world, "hold", run_count=3).run().result == "H-0001"
    assert len(world.kinds(Entry.HOLD_PLACED)) == 1


def test_a_run_that_dies_at_any_call_of_any_of_its_steps_records_it_once():
    died, call = True, 0
    while died:
        world, died = World(), False
        world.fill()
        world.survey()
        acting, dies = Acting(world, "hold"), DieAt(call)
        for answer in (ONE, SAYS_YES, None):
            try:
                with world.dying(dies):
                    ended = acting.run()
            except PowerCut:
                died = True
                ended = acting.run()  # as if it had not happened
            if answer is not None:
                acting.give(answer)
        assert (ended.result, ended.entries) == ("H-0001", 1)
        assert recorded(world) == [Entry.HOLD_PLACED, Entry.ACTED]
        call += 1
    assert call > 30


# Attacks


def test_an_answer_that_the_gate_did_not_sign_is_none(world):
    acting = Acting(world, "hold")
    acting.run()
    acting.prefect.answers[acting.key] = ONE  # written past the gate
    assert acting.run() is None
    assert "The gate did not witness this answer" in acting.page
    other = Key()
    other.sign = lambda message: b"forged"
    world.ledger.append(acting.signed(ONE, "rm-01", gate=other))
    acting.prefect.answers[acting.key] = ONE
    assert acting.run() is None
    assert "signature does not hold" in acting.page
    acting.give(ONE)
    tenth = acting.key.removesuffix("-3") + "-10"  # so that only one asking would be left
    world.ledger.append(acting.signed(ONE, "rm-01", key=tenth, gate=other))
    acting.run()
    acting.prefect.answers[acting.key] = SAYS_YES  # and the same of a yes
    assert acting.run() is None
    assert acting.form == CONFIRM
    assert not recorded(world)


def test_a_form_that_was_swapped_after_the_preview_is_noticed(world):
    acting = Acting(world, "hold")
    acting.through(ONE)
    acting.give(SAYS_YES)
    first = next(key for key in acting.prefect.answers if "-form-" in key)
    acting.prefect.answers[first] = {**ONE, "holds": "INV/patient/2020"}
    assert acting.run() is None
    assert acting.form == FORM
    assert "not the one that the gate witnessed" in acting.page
    assert not recorded(world)


def test_a_yes_is_worth_nothing_after_another_form(world):
    acting = Acting(world, "hold")
    acting.through(ONE)
    confirmed = acting.key
    acting.give(SAYS_YES)
    form = confirmed.partition("-confirm-")[0] + "-form-1-2"
    other = {**ONE, "holds": "INV/patient/2020"}
    world.ledger.append(acting.signed(other, "rm-01", key=form))
    acting.prefect.answers[form] = other
    assert acting.run() is None
    assert acting.form == CONFIRM
    assert acting.key != confirmed
    assert not recorded(world)


def test_a_yes_cannot_be_carried_to_another_run_or_question(world):
    acting = Acting(world, "hold")
    acting.through(ONE)
    acting.give(SAYS_YES)
    signed = world.kinds(Entry.SIGNED)[-1]
    other = Acting(world, "hold", run=str(UUID(int=13)))
    other.through(ONE)
    for facts in (
        dict(signed.facts),
        {**signed.facts, "pause_key": other.key, "step": "-".join(other.key.split("-")[6:8])},
        {**signed.facts, "about": other.desk.about, "pause_key": other.key},
    ):
        forged = acting.signed(SAYS_YES, "rm-01")
        world.ledger.append(replace(forged, stream=other.desk.about, facts=facts))
        other.prefect.answers[other.key] = SAYS_YES
        assert other.run() is None
        assert other.form == CONFIRM
    assert not recorded(world)
