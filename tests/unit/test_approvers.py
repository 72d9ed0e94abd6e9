"""Deputies with dates, conflicts, the DPO, and who recorded what: at the desk and at the authority."""

from dataclasses import replace
from datetime import date

import pytest

from retention.domain.agreement import Person
from retention.domain.approvers import Matter, staffing, who_may_answer
from retention.domain.people import Conflict, Days, Deputy
from retention.errors import AnswerError, NotAuthorisedError
from retention.steps.approvers import Asked
from tests.support.cast import PEOPLE, STEPS
from tests.support.world import World

TODAY = date(2026, 11, 2)  # of the invented world
RM, IAO, BOTH, AUDIT = PEOPLE
STAND_IN = Person("dep-01", "Fay Invented", ("audit-lead",), None)
MATTER = Matter(STEPS, frozenset({"north", "INV", "INV/patient"}), frozenset())


@pytest.fixture
def world():
    world = World()
    world.fill()
    world.publish()
    return world


def people(world, *persons):
    world.library.people = lambda: persons


def test_a_deputy_answers_within_the_days_of_deputising(world):
    days = Days(TODAY, date(2026, 11, 9))
    people(world, replace(RM, deputies=(Deputy("dep-01", days),)), IAO, AUDIT, STAND_IN)
    proposal = world.propose_all()
    world.answer(proposal, "dep-01")
    assert world.case(proposal).decided[0].text("person") == "dep-01"


@pytest.mark.parametrize("days", [Days(date(2026, 11, 3)), Days(None, date(2026, 11, 1))])
def test_a_deputy_answers_on_no_other_day(world, days):
    people(world, replace(RM, deputies=(Deputy("dep-01", days),)), IAO, AUDIT, STAND_IN)
    proposal = world.propose_all()
    with pytest.raises(AnswerError, match="for the records-manager"):
        world.answer(proposal, "dep-01")


def test_a_deputy_of_one_role_is_none_in_another():
    both = replace(BOTH, deputies=(Deputy("dep-01", roles=(STEPS[1],)),))
    found = staffing(MATTER, [both, STAND_IN], TODAY)
    assert [[s.person for s in seats] for seats in found.options] == [
        ["both-01"],
        ["both-01", "dep-01"],
    ]


def test_a_deputy_is_never_counted_beside_whom_they_stand_in_for():
    both = replace(BOTH, deputies=(Deputy("dep-01"),))
    found = staffing(MATTER, [both, STAND_IN], TODAY)
    assert found.filled is None, "these are the eyes of one"
    with_own = replace(STAND_IN, roles=(STEPS[1],))
    assert staffing(MATTER, [both, with_own], TODAY).filled is not None, "in their own right"


def test_two_who_stand_in_for_one_are_not_two():
    both = replace(BOTH, deputies=(Deputy("dep-01"), Deputy("dep-02")))
    second = Person("dep-02", "Gus Invented", (), None)
    assert staffing(MATTER, [both, STAND_IN, second], TODAY).filled is None


def test_deputies_have_no_deputies():
    rm = replace(RM, deputies=(Deputy("dep-01"),))
    first = replace(STAND_IN, deputies=(Deputy("dep-02"),))
    second = Person("dep-02", "Gus Invented", (), None)
    found = staffing(MATTER, [rm, first, second, IAO], TODAY)
    assert "dep-02" not in {seat.person for seats in found.options for seat in seats}


@pytest.mark.parametrize("about", ["north", "INV", "INV/patient"])
def test_who_is_in_conflict_decides_nothing_and_their_deputy_may(world, about):
    rm = replace(RM, conflicts=(Conflict(about),), deputies=(Deputy("dep-01"),))
    people(world, rm, IAO, AUDIT, STAND_IN)
    proposal = world.propose_all()
    with pytest.raises(AnswerError, match=f"in conflict with {about}"):
        world.answer(proposal, "rm-01", decision="refuse")
    world.answer(proposal, "dep-01", attempt=2)


def test_a_conflict_that_is_over_is_none():
    rm = replace(RM, conflicts=(Conflict("north", Days(None, date(2026, 11, 1))),))
    assert staffing(MATTER, [rm, IAO], TODAY).filled is not None


def test_a_data_protection_officer_decides_nothing_under_another_title(world):
    people(world, replace(RM, roles=("records-manager", "dpo")), BOTH, IAO, AUDIT)
    proposal = world.propose_all()
    with pytest.raises(AnswerError, match="data protection officer"):
        world.answer(proposal, "rm-01")
    world.answer(proposal, "both-01", attempt=2)


def test_the_first_yes_is_refused_where_nobody_would_be_left_for_the_second(world):
    people(world, RM, BOTH, AUDIT)
    proposal = world.propose_all()
    assert who_may_answer(MATTER, [RM, BOTH], TODAY, []) == ("rm-01",)
    with pytest.raises(AnswerError, match="other roles could not be filled"):
        world.answer(proposal, "both-01")
    world.answer(proposal, "both-01", attempt=2, decision="refuse")


def test_the_first_yes_is_refused_where_everybody_would_have_recorded_a_trigger():
    second = replace(RM, id="rm-02")
    matter = replace(MATTER, recorders=frozenset({"rm-01", "iao-01"}))
    assert who_may_answer(matter, [RM, second, IAO], TODAY, []) == ("rm-02",)


def test_the_reasons_name_who_is_excluded_and_why():
    guardian = Person("cg-01", "Kit Invented", ("caldicott-guardian",), None)
    matter = Matter((STEPS[0], "caldicott-guardian", "siro"), MATTER.about, frozenset({"cg-01"}))
    rm = replace(RM, conflicts=(Conflict("north"),), deputies=(Deputy("dep-01"),))
    assert staffing(matter, [rm, guardian, STAND_IN], TODAY).reasons() == (
        "records-manager: rm-01 is in conflict with north; dep-01 (for rm-01) could answer",
        "caldicott-guardian: cg-01 recorded a trigger; nobody deputises",
        "siro: nobody has the role",
    )


# At the authority, before every batch


@pytest.fixture
def deputised(world):
    days = Days(TODAY, TODAY)
    people(world, replace(RM, deputies=(Deputy("dep-01", days),)), IAO, AUDIT, STAND_IN)
    proposal = world.propose_all()
    world.answer(proposal, "dep-01")
    world.answer(proposal, "iao-01")
    return world, proposal


def test_a_deputy_whose_days_ended_since_approved_validly(deputised):
    world, proposal = deputised
    world.clock.step(days=1)
    world.survey()
    world.dispose(proposal)
    assert world.case(proposal).has_begun


@pytest.mark.parametrize(
    "left",
    [
        (RM, IAO, AUDIT),
        (replace(RM, deputies=(Deputy("dep-01", Days(date(2026, 11, 3))),)), IAO, AUDIT, STAND_IN),
        (
            replace(RM, deputies=(Deputy("dep-01"),)),
            IAO,
            AUDIT,
            replace(STAND_IN, conflicts=(Conflict("north", Days(TODAY, TODAY)),)),
        ),
        (
            replace(RM, deputies=(Deputy("dep-01"),)),
            IAO,
            AUDIT,
            replace(STAND_IN, conflicts=(Conflict("iao-01"),)),
        ),
    ],
    ids=["is gone", "was no deputy that day", "was in conflict that day", "not beside the other"],
)
def test_an_approver_who_does_not_count_stops_the_disposal(deputised, left):
    world, proposal = deputised
    people(world, *left)
    with pytest.raises(NotAuthorisedError):
        world.dispose(proposal)
    assert not world.case(proposal).has_begun


def test_approvers_who_all_recorded_a_trigger_stop_the_disposal(world, monkeypatch):
    owner = replace(AUDIT, roles=(*AUDIT.roles, STEPS[1]))
    people(world, RM, owner, IAO)
    world.fill(("2020",))
    world.publish(("2020",), by="rm-01")
    proposal = world.propose_all()
    world.answer(proposal, "rm-01")
    with pytest.raises(AnswerError, match="every approver recorded one"):
        world.answer(proposal, "audit-01")
    monkeypatch.setattr(Asked, "require_can_be_filled", lambda *_: None)  # had the desk erred
    world.answer(proposal, "audit-01", attempt=2)
    with pytest.raises(NotAuthorisedError, match="recorded a trigger"):
        world.dispose(proposal)
