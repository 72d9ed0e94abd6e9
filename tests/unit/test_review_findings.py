"""What could be got round between two parts that are each sound by themselves."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree
from uuid import uuid4

import pytest

from retention.domain.agreement import Person, Silence
from retention.domain.approval import asked_in, pause_key
from retention.domain.canonical import sha256
from retention.domain.case import proposal_stream, run_stream
from retention.domain.clock import Period
from retention.domain.decision import Verdict, read_decision
from retention.domain.entry import Draft, Entry
from retention.domain.people import Days, Deputy
from retention.errors import (
    AgreementError,
    AnswerError,
    DeliveryError,
    NotAuthorisedError,
    NotDueError,
    StaleError,
)
from retention.steps.dispose import approved
from retention.steps.notify import notices
from retention.steps.record.answers import plan_answer
from retention.steps.record.halting import Halt, plan_halt
from retention.steps.record.receipts import plan_receipt, plan_receipt_retraction
from retention.steps.steady import SteadyAuthority
from retention.wiring.fresh import FreshLibrary
from tests.support.acting import YES, Acting
from tests.support.cast import PEOPLE, MemoryCourier
from tests.support.world import World

DEMO = Path(__file__).parents[2] / "policies" / "demo"
BECAUSE = "because an invented appeal is not heard"
WAVES = [f"INV/wave/{number}" for number in ("1", "10", "11", "2", "3")]
ROLE = "records-manager"


def read(target, datasets):
    lines = f"{target}: hold {BECAUSE}"
    left = range(1, len(datasets) + 1)
    return read_decision(Verdict.APPROVE_EXCEPT, lines, "x", datasets, left).numbers


# A number of the list, and a name that is a number


@pytest.mark.parametrize("target", ["2", "02", "1-3", "2-4", "1, 2"])
def test_a_number_that_is_the_end_of_another_datasets_name_is_not_guessed_at(target):
    with pytest.raises(AnswerError, match=r"line 1: .* end of another"):
        read(target, WAVES)


@pytest.mark.parametrize(
    ("target", "numbers"),
    [("1", {1}), ("4-5", {4, 5}), ("wave/2", {4}), ("wave/10", {2})],
)
def test_a_number_that_can_be_read_in_one_way_only_is(target, numbers):
    assert read(target, WAVES) == numbers


def test_months_are_not_the_numbers_of_a_list_that_begins_later():
    months = [f"INV/month/{number:02d}" for number in range(3, 8)]
    with pytest.raises(AnswerError, match="end of another"):
        read("04", months)
    assert read("month/04", months) == {2}


def test_a_range_that_is_the_end_of_a_name_is_no_range():
    with pytest.raises(AnswerError, match="end of another"):
        read("1-2", ["INV/ward/a", "INV/ward/b", "INV/ward/1-2"])


# A question that is asked again in another run


def test_a_question_of_one_run_is_none_of_another():
    about, runs = sha256(b"x"), [str(uuid4()), str(uuid4())]
    keys = {pause_key(about, ROLE, 1, 1, run=run) for run in runs}
    assert len(keys) == 2
    assert {asked_in(key) for key in keys} == {(about, ROLE)}


def test_an_answer_in_a_second_run_is_not_taken_for_one_that_could_not_stand_in_the_first():
    world = World()
    world.fill()
    world.publish()
    proposal = world.propose_all()
    desk, runs = world.desk(proposal), [str(uuid4()), str(uuid4())]
    wrong, right = world.form(proposal, mark="wrong"), world.form(proposal)
    for run, form in zip(runs, (wrong, right), strict=True):
        key = pause_key(proposal, ROLE, 1, 1, run=run)
        world.sign(proposal, "rm-01", ROLE, key, form)
        if form is wrong:
            with pytest.raises(AnswerError, match="the mark"):
                desk.record(ROLE, key, form)
        else:
            desk.record(ROLE, key, form)
    assert len(world.kinds(Entry.DECIDED)) == 1


# When somebody decided


def late(days):
    """Return a list whose last answer was given today, and written down *days* later."""
    world = World(approval_lapses=Period.parse("P14D"), cooling_off=Period.parse("P7D"))
    world.fill()
    world.publish()
    proposal = world.propose_all()
    world.answer(proposal, "rm-01")
    step = world.desk(proposal).unanswered()
    key, form = pause_key(proposal, step, 1, 1), world.form(proposal)
    world.sign(proposal, "iao-01", step, key, form)
    given_on = world.clock.today()
    world.clock.step(days=days)
    world.survey()
    world.desk(proposal).record(step, key, form)
    return world, proposal, given_on


def test_an_approval_lapses_from_the_day_on_which_its_last_approver_answered():
    world, proposal, given_on = late(20)
    approved = world.case(proposal).approved
    assert approved.text("decided_on") == given_on.isoformat()
    assert approved.text("lapses_after") == (given_on + timedelta(days=14)).isoformat()
    with pytest.raises((NotAuthorisedError, NotDueError)):
        world.dispose(proposal)
    world.advance()
    assert world.case(proposal).spent.text("why") == "lapsed"
    assert not world.store.orders


def test_cooling_off_is_not_over_before_anybody_could_see_that_it_began():
    world, proposal, _ = late(3)
    begin = date.fromisoformat(world.case(proposal).approved.text("may_begin_on"))
    assert begin == world.clock.today() + timedelta(days=8)
    with pytest.raises(NotDueError, match="cooling-off"):
        world.dispose(proposal)


def test_whoever_writes_the_last_answer_with_an_earlier_day_shortens_no_cooling_off():
    world = World(approval_lapses=Period.parse("P14D"), cooling_off=Period.parse("P7D"))
    world.fill()
    world.publish()
    proposal = world.propose_all()
    given_on = world.clock.today()
    world.answer(proposal, "rm-01")
    step = world.desk(proposal).unanswered()
    key, form = pause_key(proposal, step, 1, 1), world.form(proposal)
    world.sign(proposal, "iao-01", step, key, form)
    world.clock.step(days=-8)  # a worker that writes rows as of another day
    world.desk(proposal).record(step, key, form)
    world.clock.step(days=8)
    assert world.clock.today() == given_on
    with pytest.raises(NotDueError, match="cooling-off"):
        world.dispose(proposal)
    assert not world.store.orders


# An objection to one notice, and a later notice of the same dataset


def objected(**terms):
    """Return a world where a controller objected under version 1, and version 2 was notified."""
    world = World(notice=Period.parse("P0D"), **terms)
    world.fill()
    world.publish()
    world.survey()
    world.notify()
    (first,) = notices(world.ledger)
    world.record(plan_answer, first.id, "south", "object")
    world.library.now = replace(world.library.now, version=2)
    world.survey()
    world.advance()
    world.notify()
    (second,) = [each for each in notices(world.ledger) if each.id != first.id]
    return world, second


def test_a_list_to_which_somebody_objects_is_put_to_nobody_again_and_again():
    world, second = objected(silence=Silence.PROCEED)
    world.record(plan_answer, second.id, "north", "proceed")
    assert world.propose() == []
    assert world.next_steps() == []


def test_a_later_yes_of_the_same_controller_is_their_last_word():
    world, second = objected()
    for controller in ("north", "south"):
        world.record(plan_answer, second.id, controller, "proceed")
    (proposal,) = world.propose()
    world.approve(proposal)
    world.advance()
    assert world.case(proposal).spent is None


def test_a_later_yes_of_another_controller_is_not():
    world, second = objected()
    world.record(plan_answer, second.id, "north", "proceed")
    assert world.propose() == []


# A reason that is short, and what the ledger holds of it


def test_a_reason_of_a_line_or_of_a_stop_cannot_be_guessed_from_what_the_ledger_holds():
    world, because = World(), BECAUSE.removeprefix("because ")
    world.fill(("2019", "2020"))
    world.publish(("2019", "2020"))
    proposal = world.propose_all()
    held = {"decision": "approve except", "exceptions": f"1: hold {BECAUSE}"}
    world.answer(proposal, "rm-01", **held)
    world.answer(proposal, "iao-01")
    why = replace(world.why(reason=because), content=b"")
    plan_halt(Halt.ABORT, proposal, why=why, ports=world.recording).write(world.recording)
    assert world.kinds(Entry.HOLD_PLACED)
    assert world.kinds(Entry.HALTED)
    told = {str(value) for r in world.ledger.records for value in r.facts.values()}
    assert sha256(because.encode()) not in told


# A yes that is written down on a later day than it was given


def test_a_yes_is_weighed_by_who_could_answer_on_the_day_on_which_it_was_given():
    """A deputy who answers on the last day, and whose answer is written down on the next."""
    world = World()
    people = {person.id: person for person in PEOPLE}
    only_today = Deputy("dep-01", Days(world.clock.today(), world.clock.today()))
    people["rm-01"] = replace(people["rm-01"], deputies=(only_today,))
    people["dep-01"] = Person("dep-01", "Di Invented", ("audit-lead",), None)
    world.library.people = lambda: tuple(people.values())
    world.fill()
    world.publish()
    proposal = world.propose_all()
    key, form = pause_key(proposal, ROLE, 1, 1), world.form(proposal)
    world.sign(proposal, "dep-01", ROLE, key, form)
    world.clock.step(days=1)
    world.desk(proposal).record(ROLE, key, form)
    assert [r.text("person") for r in world.kinds(Entry.DECIDED)] == ["dep-01"]


# A letter about what is over


class Gone(MemoryCourier):
    """One controller's mail server is no more."""

    def send(self, letter):
        if "south@example.invalid" in letter.to:
            raise DeliveryError("no such mailbox", hint="look at the address")
        return super().send(letter)


def test_a_notice_that_is_superseded_is_not_sent_every_day_for_ever():
    world = World()
    world.fill()
    world.publish()
    world.survey()
    world.courier = Gone()
    with pytest.raises(DeliveryError):
        world.notify()
    with pytest.raises(DeliveryError):
        world.notify()  # it is owed: each day says so
    world.library.now = replace(world.library.now, version=2, controllers=("north",))
    world.survey()
    world.advance()
    assert len(list(notices(world.ledger))) == 2
    assert world.state("INV/patient/2019") == "notified"


def test_a_notice_is_sent_again_where_its_receipt_is_taken_back_under_review():
    world = World()
    world.fill()
    world.publish()
    world.survey()
    world.courier = Gone()
    with pytest.raises(DeliveryError):
        world.notify()
    (notice,) = notices(world.ledger)
    world.record(plan_receipt, notice.id, "south", world.clock.today())
    world.controllers_answer()
    world.record(plan_answer, notice.id, "south", "proceed")
    assert world.propose()
    world.record(plan_receipt_retraction, notice.id, "south")
    with pytest.raises(DeliveryError):
        world.notify()


# A list that the agreement has overtaken


def test_whoever_approves_under_an_agreement_that_changed_is_told_so():
    world = World()
    world.fill()
    world.publish()
    proposal = world.propose_all()
    world.library.now = replace(world.library.now, version=2)
    with pytest.raises(AnswerError, match="INV changed since it was shown"):
        world.answer(proposal, "rm-01")


# An authority that need not read again, and files that change while it works


def steady(world):
    proposal = world.propose_all()
    world.approve(proposal)
    approval, (manifest,) = approved(proposal, world.ledger, world.evidence)
    authority = SteadyAuthority(world.authority, world.ledger, world.clock, world.library.edition)
    return lambda: authority.require(approval, manifest, begun=False)


def test_an_approver_who_leaves_in_mid_run_is_noticed_before_the_next_batch():
    world = World()
    world.fill()
    world.publish()
    ask = steady(world)
    ask()
    rest = tuple(person for person in PEOPLE if person.id != "iao-01")
    world.library.people = lambda: rest
    with pytest.raises(NotAuthorisedError):
        ask()


def test_an_agreement_that_changes_in_mid_run_is_noticed_before_the_next_batch():
    world = World()
    world.fill()
    world.publish()
    ask = steady(world)
    ask()
    world.library.now = replace(world.library.now, version=2)
    with pytest.raises(StaleError):
        ask()


def test_files_that_change_are_another_edition(tmp_path):
    folder = copytree(DEMO, tmp_path / "policies")
    library = FreshLibrary(folder, look_every_s=0)
    before = library.edition
    assert library.edition == before
    file = folder / "people.toml"
    whole = file.read_text()
    file.write_text(f"{whole}\n# looked at\n")
    assert library.edition != before
    file.write_text(whole[: len(whole) // 2])
    with pytest.raises(AgreementError):
        _ = library.edition


# Somebody who cancelled a run, and left before anybody heard it


def test_a_run_that_was_cancelled_stays_cancelled_when_whoever_did_it_leaves():
    world = World()
    siro = Person("siro-01", "Flo Invented", ("siro",), None)
    world.library.people = lambda: (*PEOPLE, siro)
    world.fill()
    world.publish()
    proposal = world.propose_all()
    world.approve(proposal)
    for stream, kind, facts in (
        (proposal_stream(proposal), Entry.RUN, {"proposal": proposal, "run": "run-1"}),
        (run_stream("run-1"), Entry.CANCELLED, {"run": "run-1", "person": "siro-01"}),
    ):
        world.ledger.append(Draft(stream, kind, facts))
    world.library.people = lambda: PEOPLE
    with pytest.raises(NotAuthorisedError, match="cancelled"):
        world.dispose(proposal, run="run-2")
    assert not world.store.orders


# To stop what goes on while people look


def test_a_disposal_can_be_stopped_from_the_browser_while_it_goes_on():
    world = World()
    world.fill(("2019", "2020"))
    world.publish(("2019", "2020"))
    proposal = world.propose_all()
    world.approve(proposal)
    acting, orders = Acting(world, "stop"), iter([1, 2, 3])  # the third is of another batch

    def look(name):
        if name == "store.destroy" and (n := next(orders, 0)):
            if n == 1:
                acting.through({"mark": world.mark(proposal), "reason": "the inquiry asked for it"})
            elif n == 3:
                acting.give(YES)
                assert acting.run() is not None, "what goes on meanwhile is no reason to ask again"

    with world.dying(look), pytest.raises(NotAuthorisedError):
        world.dispose(proposal)
    assert world.case(proposal).spent.text("why") == "stopped"
