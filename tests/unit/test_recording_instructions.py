"""Instructions and answers: by a party that may, within what the agreement allows."""

import dataclasses
from datetime import UTC, date, datetime

import pytest

from retention.domain.agreement import Duty, Extensions, OurRole, Rule, Trigger
from retention.domain.clock import Period
from retention.domain.disposition import State
from retention.domain.entry import Entry
from retention.domain.instruction import InstructionVerb, instructions_in
from retention.errors import AgreementError, NotAuthorisedError, RefusedError, StaleError
from retention.steps.moves import state_of
from retention.steps.notify import notices
from retention.steps.record.answers import ANSWERS, plan_answer
from retention.steps.record.instructions import Said, plan_instruction
from retention.steps.record.retractions import plan_instruction_retraction
from tests.support.recording import change_class, plan, surveyed_world, taken_as_shown

D = date.fromisoformat
P = Period.parse
DATASET = "INV/patient/2019"  # kept through 31 March 2026, gone by 30 December 2026
EXTEND, RETURN = InstructionVerb.EXTEND, InstructionVerb.RETURN
RECLASSIFY, SHORTER = InstructionVerb.RECLASSIFY, InstructionVerb.CONFIRM_SHORTER


@pytest.fixture
def world():
    world = surveyed_world()
    world.library.now = dataclasses.replace(world.library.now, instructions_from=("south",))
    return world


def instruct(world, verb, target=DATASET, controller="north", by="rm-01", **more):
    if verb is EXTEND:
        more.setdefault("until", D("2026-12-15"))
    said = Said(target, verb, controller, more.pop("signed_on", D("2026-10-30")), **more)
    return plan(world, plan_instruction, said, by=by)


def test_an_extension_moves_the_minimum_and_only_if_it_says_so_the_maximum(world):
    changed = taken_as_shown(world, instruct(world, EXTEND))[DATASET]
    assert changed["kept through"] == (D("2026-03-31"), D("2026-12-15"))
    assert "gone by" not in changed
    world = surveyed_world()
    planned = instruct(world, EXTEND, until=D("2027-03-31"), moves_maximum=True)
    changed = taken_as_shown(world, planned)[DATASET]
    # By as many days: from 31 March to 30 December are 274 days, in either year.
    assert changed["gone by"] == (D("2026-12-30"), D("2027-12-30"))
    (recorded,) = instructions_in(world.ledger.records)
    assert (recorded.id, recorded.controller, recorded.moves_maximum) == ("I-0001", "north", True)


def test_past_the_maximum_it_says_that_people_must_decide(world):
    planned = instruct(world, EXTEND, until=D("2027-03-31"))
    assert any("a conflict that people decide" in n for n in planned.preview.notes)
    changed = taken_as_shown(world, planned)[DATASET]
    assert changed["stands at"][1].startswith("in conflict")


@pytest.mark.parametrize(
    ("until", "refused"),
    [
        ("2026-03-31", "kept through 31 March 2026"),
        ("2026-03-30", "kept through 31 March 2026"),
        ("2026-04-01", None),
        ("2027-03-31", None),  # one year, its last day
        ("2027-04-01", "more than one year after 31 March 2026"),
    ],
)
def test_it_is_later_than_it_is_kept_anyway_and_within_the_limit(world, until, refused):
    if refused is None:
        instruct(world, EXTEND, until=D(until), moves_maximum=True)
        return
    with pytest.raises(RefusedError, match=refused) as error:
        instruct(world, EXTEND, until=D(until), moves_maximum=True)
    assert refused.startswith("kept") or "clause 9.2" in error.value.hint
    assert refused.startswith("kept") or "31 March 2027 at most" in error.value.hint


def test_the_limit_counts_from_the_day_that_is_extended_as_often_as_is_allowed():
    world = surveyed_world(extension=Extensions(P("P6M"), 2, ("north",)))
    instruct(world, EXTEND, until=D("2026-09-30"), moves_maximum=True).write(world.recording)
    with pytest.raises(RefusedError, match="six months after 30 September 2026"):
        instruct(world, EXTEND, until=D("2027-03-31"), moves_maximum=True)
    instruct(world, EXTEND, until=D("2027-03-30"), moves_maximum=True).write(world.recording)
    with pytest.raises(RefusedError, match="extended 2 times, and INV allows 2") as refused:
        instruct(world, EXTEND, until=D("2027-04-30"), moves_maximum=True)
    assert "clause 9.2" in refused.value.hint


def test_an_agreement_without_extensions_allows_none():
    world = surveyed_world(extension=None)
    with pytest.raises(RefusedError, match="allows no extension"):
        instruct(world, EXTEND)


@pytest.mark.parametrize("controller", ["south", "nroth", "east"])
def test_another_party_may_not_extend_it(world, controller):
    with pytest.raises(AgreementError, match="may not extend this, under clause"):
        instruct(world, EXTEND, controller=controller)


def test_the_owner_of_a_further_duty_may_extend_it_and_moves_that_duty_alone(world):
    duty = Duty("south", "DSA 4.1", Rule(Trigger.of("round-published"), (), None, P("P6Y5M")))
    change_class(world, also=(duty,))
    planned = instruct(world, EXTEND, controller="south", until=D("2026-12-20"), moves_maximum=True)
    changed = taken_as_shown(world, planned)[DATASET]
    assert changed["gone by"] == (D("2026-11-30"), D("2026-12-20"))


def test_what_waits_for_its_trigger_has_no_day_to_extend(world):
    with pytest.raises(RefusedError, match="nothing has started its clock"):
        instruct(world, EXTEND, target="INV/patient/2020")


def test_it_is_signed_already(world):
    with pytest.raises(AgreementError, match="not come"):
        instruct(world, EXTEND, signed_on=D("2026-11-03"))


def test_signed_after_it_had_to_be_gone_the_days_between_are_said(world):
    world.clock.moment = datetime(2027, 2, 1, tzinfo=UTC)
    planned = instruct(
        world, EXTEND, until=D("2027-03-31"), moves_maximum=True, signed_on=D("2027-01-15")
    )
    assert any("31 December 2026 to 15 January 2027" in n for n in planned.preview.notes)


def test_a_dataset_in_review_goes_back_and_what_was_approved_falls(world):
    proposal = world.propose_all()
    world.approve(proposal)
    planned = instruct(world, EXTEND)
    assert any("the approval falls" in n for n in planned.preview.notes)
    planned.write(world.recording)
    assert state_of(world.ledger, DATASET) is State.RETAINED
    with pytest.raises((StaleError, NotAuthorisedError)):
        world.dispose(proposal)
    assert not world.store.orders


@pytest.mark.parametrize("verb", [EXTEND, RETURN, RECLASSIFY])
def test_what_is_being_disposed_of_takes_no_instruction(world, verb):
    proposal = world.propose_all()
    world.approve(proposal)
    world.dispose(proposal)
    with pytest.raises(RefusedError, match="disposal has begun"):
        instruct(world, verb, to="other")


@pytest.mark.parametrize("verb", [EXTEND, RETURN, RECLASSIFY])
def test_a_dataset_that_no_survey_has_seen_is_refused_with_a_guess(world, verb):
    with pytest.raises(AgreementError) as refused:
        instruct(world, verb, target="INV/patient/2029", to="other")
    assert refused.value.hint.startswith("did you mean INV/patient/20")


def test_returned_it_is_no_longer_proposed_here(world):
    planned = instruct(world, RETURN, controller="south")
    changed = taken_as_shown(world, planned)
    assert changed[DATASET] == {"may be reviewed": ("yes", "no")}
    world.survey()
    world.notify()
    assert list(notices(world.ledger)) == []


def test_a_whole_class_is_returned(world):
    planned = instruct(world, RETURN, target="INV/patient", controller="south")
    shown = {each.dataset: each.rows for each in planned.preview.changes}
    assert set(shown) == {"INV/patient/2019", "INV/patient/2020"}
    assert shown["INV/patient/2020"][0].what == "not eligible, for"
    planned.write(world.recording)
    (recorded,) = instructions_in(world.ledger.records)
    assert (recorded.class_name, recorded.dataset) == ("patient", "")


def test_reclassified_to_a_class_that_there_is(world):
    other = dataclasses.replace(world.library.now.classes[0], name="staff", datasets=())
    classes = (*world.library.now.classes, other)
    world.library.now = dataclasses.replace(world.library.now, classes=classes)
    with pytest.raises(AgreementError) as refused:
        instruct(world, RECLASSIFY, controller="south", to="staf")
    assert refused.value.hint == "did you mean staff?"
    with pytest.raises(RefusedError, match="of that class already"):
        instruct(world, RECLASSIFY, controller="south", to="patient")
    taken_as_shown(world, instruct(world, RECLASSIFY, controller="south", to="staff"))
    assert world.kinds(Entry.INSTRUCTION)[0].text("to") == "staff"


def test_a_shorter_period_is_confirmed_where_there_is_one(world):
    with pytest.raises(RefusedError, match="not shorter"):
        instruct(world, SHORTER, target="INV/patient", controller="south")
    change_class(world, shorter_than="shorter than the schedule")
    planned = instruct(world, SHORTER, target="INV/patient", controller="south")
    changed = taken_as_shown(world, planned)
    assert changed[DATASET] == {"may be reviewed": ("no", "yes")}
    with pytest.raises(AgreementError, match="whole class"):
        instruct(world, SHORTER, controller="south")


@pytest.mark.parametrize("verb", [RETURN, RECLASSIFY, SHORTER])
def test_only_who_may_instruct_us_may(world, verb):
    change_class(world, shorter_than="shorter than the schedule")
    other = dataclasses.replace(world.library.now.classes[0], name="staff", datasets=())
    classes = (*world.library.now.classes, other)
    world.library.now = dataclasses.replace(world.library.now, classes=classes)
    target = "INV/patient" if verb is SHORTER else DATASET
    with pytest.raises(AgreementError, match="may not instruct"):
        instruct(world, verb, target=target, controller="north", to="staff")
    instruct(world, verb, target=target, controller="south", to="staff")


def test_where_nobody_is_named_it_is_the_controllers_of_the_data():
    world = surveyed_world()
    change_class(world, controllers=("north",))
    instruct(world, RETURN, controller="north")
    with pytest.raises(AgreementError, match="may not instruct"):
        instruct(world, RETURN, controller="south")


def test_where_we_are_the_controller_our_own_people_decide_and_record_it():
    world = surveyed_world()
    world.library.now = dataclasses.replace(world.library.now, our_role=OurRole.CONTROLLER)
    instruct(world, RETURN, by="iao-01").write(world.recording)
    with pytest.raises(NotAuthorisedError):
        instruct(world, RETURN, by="audit-01")


def test_numbers_follow_on_within_an_agreement(world):
    assert instruct(world, RETURN, controller="south").result == "I-0001"
    first, second = instruct(world, EXTEND), instruct(world, RETURN, controller="south")
    first.write(world.recording)
    with pytest.raises(StaleError):
        second.write(world.recording)
    assert instruct(world, RETURN, controller="south").result == "I-0002"


def notified():
    world = surveyed_world()
    world.notify()
    (notice,) = notices(world.ledger)
    return world, notice.id


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_says_which_datasets_it_is_about_and_what_follows(answer):
    world, notice = notified()
    planned = plan(world, plan_answer, notice, "north", answer)
    (change,) = planned.preview.changes
    assert change.dataset == DATASET
    assert (change.rows[0].before, change.rows[0].after) == ("none yet", answer)
    assert change.size_bytes > 0
    assert ANSWERS[answer] in planned.preview.notes
    assert any("No answer is recorded yet of: south" in n for n in planned.preview.notes)
    planned.write(world.recording)
    (again,) = notices(world.ledger)
    assert again.answers == {"north": answer}


@pytest.mark.parametrize(
    ("notice", "controller", "answer", "hint"),
    [
        ("0123456789ab", "north", "proceed", "there is: "),
        (None, "nroth", "proceed", "did you mean north?"),
        (None, "north", "procede", "did you mean proceed?"),
    ],
)
def test_an_answer_to_nothing_or_of_nobody_is_refused(notice, controller, answer, hint):
    world, known = notified()
    with pytest.raises(AgreementError) as refused:
        plan(world, plan_answer, notice or known, controller, answer)
    assert refused.value.hint.startswith(hint)
    assert notice is None or known in refused.value.hint


def retract(world, number="I-0001", by="rm-01"):
    return plan(world, plan_instruction_retraction, "INV", number, by=by)


def test_an_instruction_recorded_by_mistake_is_retracted_as_if_never_recorded(world):
    before = world.classify()[0].assessment.days
    taken_as_shown(world, instruct(world, EXTEND))
    assert world.classify()[0].assessment.days != before
    changed = taken_as_shown(world, retract(world))[DATASET]
    assert changed["kept through"] == (D("2026-12-15"), D("2026-03-31"))
    assert world.classify()[0].assessment.days == before
    # The one extension that the agreement allows is there to be made again, under a new number.
    taken_as_shown(world, instruct(world, EXTEND))
    assert [each.id for each in instructions_in(world.ledger.records)] == ["I-0002"]


def test_what_was_to_be_returned_by_mistake_may_be_reviewed_again(world):
    taken_as_shown(world, instruct(world, RETURN, controller="south"))
    assert not world.classify()[0].assessment.eligible
    taken_as_shown(world, retract(world))
    assert world.classify()[0].assessment.eligible


@pytest.mark.parametrize("number", ["I-0002", "H-0001", ""])
def test_only_an_instruction_that_stands_can_be_retracted(world, number):
    taken_as_shown(world, instruct(world, EXTEND))
    with pytest.raises(RefusedError) as refused:
        retract(world, number)
    assert "I-0001" in refused.value.hint
    taken_as_shown(world, retract(world))
    with pytest.raises(RefusedError):
        retract(world)


def test_not_everybody_retracts_an_instruction(world):
    taken_as_shown(world, instruct(world, EXTEND))
    with pytest.raises(NotAuthorisedError):
        retract(world, by="audit-01")


def test_what_moved_since_it_was_shown_is_not_diverted_by_a_preview_that_is_old(world):
    planned = instruct(world, RETURN, controller="south")
    world.notify()  # the dataset moves on, in between
    with pytest.raises(StaleError):
        planned.write(world.recording)
    assert instructions_in(world.ledger.records) == []
