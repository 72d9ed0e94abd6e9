"""What becomes of each dataset that an approver does not approve, with every verb of the form."""

from dataclasses import replace
from datetime import date
from json import loads

import pytest

from retention.domain.agreement import Extensions, OurRole
from retention.domain.approval import pause_key
from retention.domain.canonical import digest_of
from retention.domain.certificate import Certificate
from retention.domain.entry import Entry
from retention.domain.instruction import InstructionVerb
from retention.errors import AnswerError, NotAuthorisedError
from retention.steps.asking import ask_parties, open_asks
from retention.steps.record.holds import plan_hold
from retention.steps.record.instructions import Said, plan_instruction
from retention.steps.record.scopes import Scope
from tests.support.cast import P
from tests.support.world import World

ROUNDS = ("2018", "2019", "2020")
EXCEPT = "approve except"
WHY = "because an invented appeal is not heard"
UNTIL = date(2026, 12, 20)


def prepared(**terms):
    terms = {"extension": Extensions(P("P2Y"), 1, ("north",)), **terms}
    world = World(**terms)
    world.fill(ROUNDS)
    world.publish(ROUNDS)
    return world


@pytest.fixture
def world():
    return prepared()


@pytest.fixture
def ours():
    """A world in which we are the controller ourselves."""
    world = prepared()
    world.library.now = replace(world.library.now, our_role=OurRole.CONTROLLER)
    return world


def name(world, proposal, number):
    return world.proposal(proposal).items[number - 1].manifest.dataset


def answer(world, proposal, *lines, by="rm-01", **changes):
    changes = {"decision": EXCEPT, "exceptions": "\n".join(lines), **changes}
    world.answer(proposal, by, **changes)


def asks(world):
    return [each.record for each in open_asks(world.ledger, world.evidence)]


def test_a_hold_asked_for_on_the_form_stands_whatever_the_others_say(world):
    proposal = world.propose_all()
    answer(world, proposal, f"2: hold for court {WHY}", f"3: hold {WHY}")
    held = world.kinds(Entry.HOLD_PLACED)
    assert [(r.text("hold"), r.text("ground"), r.text("dataset")) for r in held] == [
        ("H-0001", "court", name(world, proposal, 2)),
        ("H-0002", "precaution", name(world, proposal, 3)),
    ]
    assert {r.text("by") for r in held} == {"rm-01"}
    assert world.state(name(world, proposal, 2)) == "review_open"
    world.answer(proposal, "iao-01", decision="refuse")
    assert len(world.kinds(Entry.HOLD_PLACED)) == 2
    assert world.propose() == []  # held: nothing of it goes on


def test_a_hold_is_written_with_the_decision_or_not_at_all(world):
    proposal = world.propose_all()
    seen = []

    def die(call):
        seen.append(call)
        if call in {"ledger.append_all", "ledger.append"}:
            raise ConnectionError("the ledger is gone")

    with world.dying(die), pytest.raises(ConnectionError):
        answer(world, proposal, f"2: hold {WHY}")
    assert not world.kinds(Entry.HOLD_PLACED)
    assert not world.kinds(Entry.DECIDED)
    answer(world, proposal, f"2: hold {WHY}", attempt=2)
    decided, held = world.kinds(Entry.DECIDED)[0], world.kinds(Entry.HOLD_PLACED)[0]
    assert held.index == decided.index + 1


def test_a_hold_placed_by_others_meanwhile_is_counted_and_the_answer_weighed_again(world):
    proposal = world.propose_all()
    placed = []

    def meanwhile(call):
        if call == "ledger.append_all" and not placed:
            placed.append(True)
            world.calls = lambda name: None
            world.record(
                plan_hold, Scope("INV", dataset=name(world, proposal, 1)), "complaint",
                by="audit-01", even_if_none=True,
            )  # fmt: skip

    with world.dying(meanwhile), pytest.raises(AnswerError, match="a hold matches number 1"):
        answer(world, proposal, f"2: hold {WHY}")
    assert len(world.kinds(Entry.HOLD_PLACED)) == 1
    answer(world, proposal, f"1, 2: refuse {WHY}", attempt=2)
    assert placed == [True]


def test_on_a_processors_data_an_extension_becomes_a_question_to_who_may_instruct(world):
    proposal = world.propose_all()
    answer(world, proposal, f"2: extend until {UNTIL} {WHY}")
    (ask,) = asks(world)
    assert ask.text("dataset") == name(world, proposal, 2)
    assert (ask.text("verb"), ask.text("until")) == ("extend", UNTIL.isoformat())
    assert not world.kinds(Entry.INSTRUCTION)
    before = len(world.courier.letters)
    assert ask_parties(world.ledger, world.evidence, world.library, world.courier) == ["north"]
    assert ask_parties(world.ledger, world.evidence, world.library, world.courier) == []
    (letter,) = world.courier.letters[before:]
    assert name(world, proposal, 2) in letter.body
    assert "20 December 2026" in letter.body
    assert "appeal" not in letter.body  # a reason stays in the evidence store


def test_what_was_asked_of_a_party_is_not_proposed_again_until_it_has_answered(world):
    proposal = world.propose_all()
    answer(world, proposal, f"2: return instead {WHY}", f"3: refuse {WHY}")
    world.answer(proposal, "iao-01", decision="refuse")
    world.notify()
    (again,) = world.propose()
    names = [item.manifest.dataset for item in world.proposal(again).items]
    assert name(world, proposal, 2) not in names
    assert name(world, proposal, 3) in names
    world.clock.step(days=1)
    world.controllers_answer("proceed")  # the party would rather have it destroyed
    assert asks(world) == []


def test_the_instruction_that_was_asked_for_answers_the_question(world):
    proposal = world.propose_all()
    dataset = name(world, proposal, 2)
    answer(world, proposal, f"2: extend until {UNTIL} {WHY}")
    said = Said(dataset, InstructionVerb.EXTEND, "north", world.clock.today(), until=UNTIL)
    world.record(plan_instruction, said)
    assert asks(world) == []
    assert world.state(dataset) == "retained"


def test_nothing_is_asked_of_a_party_that_has_instructed_it_already(world):
    proposal = world.propose_all()
    dataset = name(world, proposal, 2)
    said = Said(dataset, InstructionVerb.RETURN, "north", world.clock.today())
    world.record(plan_instruction, said)
    answer(world, proposal, f"2: return instead {WHY}")
    assert asks(world) == []


def test_our_own_data_are_extended_by_the_answer_itself(ours):
    proposal = ours.propose_all()
    dataset = name(ours, proposal, 2)
    answer(ours, proposal, f"2: extend until {UNTIL} {WHY}", f"3: return instead {WHY}")
    found = ours.kinds(Entry.INSTRUCTION)
    assert [(r.text("instruction"), r.text("verb"), r.text("until")) for r in found] == [
        ("I-0001", "extend", UNTIL.isoformat()),
        ("I-0002", "return", ""),
    ]
    assert ours.state(dataset) == "retained"
    assert asks(ours) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("2: extend until 2031-01-01", "number 2: it must be gone by"),
        ("2: extend until 2020-01-01", "number 2: it is kept through"),
        ("2: reclassify to nothing", "number 2: INV has no class of that name"),
        ("2: reclassify to patient", "number 2: it is of that class already"),
    ],
)
def test_what_the_agreement_does_not_allow_is_said_on_the_form(world, line, fault):
    proposal = world.propose_all()
    with pytest.raises(AnswerError, match=fault):
        answer(world, proposal, f"{line} {WHY}")
    assert not world.kinds(Entry.DECIDED)


def test_an_extension_that_the_agreement_does_not_know_is_said_on_the_form():
    world = prepared(extension=None)
    proposal = world.propose_all()
    with pytest.raises(AnswerError, match="number 2: INV names nobody who may instruct to extend"):
        answer(world, proposal, f"2: extend until {UNTIL} {WHY}")


@pytest.mark.parametrize(
    ("decision", "lines", "why"),
    [
        ("refuse", "none", "refuse"),
        ("hold", "none", "hold"),
        ("return instead", "none", "return-instead"),
        ("extend", f"all: extend until {UNTIL}", "extend"),
    ],
)
def test_a_list_that_is_not_approved_is_spent_and_nothing_of_it_may_be_destroyed(
    world, decision, lines, why
):
    proposal = world.propose_all()
    names = [name(world, proposal, n) for n in (1, 2, 3)]
    world.answer(proposal, "rm-01", decision=decision, exceptions=lines)
    assert world.desk(proposal).unanswered() is None
    assert world.case(proposal).spent.text("why") == why
    assert {world.state(each) for each in names} == {"review_open"}
    assert world.case(proposal).approved is None
    assert "Nothing is destroyed" in world.desk(proposal).afterwards()


def test_what_the_first_left_out_the_next_is_not_asked_about(world):
    proposal = world.propose_all()
    answer(world, proposal, f"2: refuse {WHY}")
    page = world.desk(proposal).page("information-asset-owner", "")
    assert "Destroy 2 datasets" in page
    assert f"~~{name(world, proposal, 2)}~~" in page
    answer(world, proposal, f"3: hold {WHY}", by="iao-01")
    case = world.case(proposal)
    assert case.approved.number("kept") == 1
    world.dispose(proposal)
    assert {v.key[:13] for v in world.buckets["records"].held} == {"patient/2019/", "patient/2020/"}


def test_a_review_that_comes_back_says_what_changed_since_the_last(world):
    proposal = world.propose_all()
    dataset = name(world, proposal, 2)
    world.answer(proposal, "rm-01", decision="refuse")
    world.put("patient/2019/late")
    world.notify()
    (again,) = world.propose()
    page, rows = world.desk(again).pack()
    assert f"Number 2, last asked as {world.mark(proposal)} (refused): 1 new, 0 gone" in page
    assert "Number 1, last asked" in page
    assert "the very same versions" in page
    assert [row["dataset"] for row in rows][1] == dataset


def test_the_pack_says_what_is_known_and_no_key(world):
    proposal = world.propose_all()
    page, rows = world.desk(proposal).pack()
    for said in ("clause 9.2", "proceed, recorded on 2 November 2026", "none matches any"):
        assert said in page.replace("Clause", "clause")
    assert "destroyed by us, version by version" in page
    assert "ages out within one day" in page or "ages out within 1 day" in page
    assert len(rows) == 3
    assert "é+%2F" not in page + str(rows)


def test_what_follows_is_told_with_its_days_and_how_to_take_it_back():
    world = prepared(cooling_off=P("P7D"))
    proposal = world.propose_all()
    world.approve(proposal)
    page = world.desk(proposal).afterwards()
    assert "until 9 November 2026" in page
    assert "from 10 November 2026" in page
    assert "after 16 November 2026" in page
    assert f"retention abort {world.mark(proposal)}" in page


def test_somebody_who_knows_of_an_inquiry_must_hold_or_refuse_something(world):
    proposal = world.propose_all()
    known = {"inquiries": "yes, I know of one"}
    with pytest.raises(AnswerError, match="nothing is held for it"):
        answer(world, proposal, f"2: return instead {WHY}", **known)
    answer(world, proposal, f"2: hold {WHY}", attempt=2, **known)
    assert len(world.kinds(Entry.DECIDED)) == 1


def test_a_code_is_wanted_where_the_agreement_says_so():
    world = prepared(second_factor=True)
    proposal = world.propose_all()
    assert world.desk(proposal).asks_code
    with pytest.raises(AnswerError, match="a one-time code"):
        world.answer(proposal, "rm-01", code="verified")


def test_a_hold_from_the_form_reaches_a_disposal_of_another_list(world):
    first = world.propose_all()
    answer(world, first, f"2, 3: refuse {WHY}")
    world.answer(first, "iao-01")
    world.notify()
    (second,) = world.propose()
    world.answer(second, "rm-01", decision="hold")
    held = {name(world, second, n) for n in (1, 2)}
    assert {r.text("dataset") for r in world.kinds(Entry.HOLD_PLACED)} == held
    world.dispose(first)  # what is not held goes on
    with pytest.raises(NotAuthorisedError, match="approved"):
        world.dispose(second)


def test_the_certificate_says_on_whose_minute_and_with_how_many_factors():
    world = prepared()
    proposal = world.propose_all()
    world.answer(proposal, "rm-01", minute="IGC 2026/14 (invented)")
    world.answer(proposal, "iao-01")
    world.dispose(proposal)
    world.check_gone(proposal)
    world.certify(proposal)
    record = world.case(proposal).certified["interim"]
    statement = Certificate.read(world.evidence.read(record.text("statement")))
    said = [each.decision for each in statement.people.approvals]
    assert said == ["approve all, on minute IGC 2026/14 (invented)", "approve all"]
    assert "no second factor" in statement.people.identity_proof


def test_a_second_factor_is_said_only_if_everybody_gave_one():
    world = prepared(second_factor=True)
    proposal = world.propose_all()
    for person in ("rm-01", "iao-01"):
        world.answer(proposal, person, factor="totp", code="verified")
    world.dispose(proposal)
    world.check_gone(proposal)
    world.certify(proposal)
    record = world.case(proposal).certified["interim"]
    statement = Certificate.read(world.evidence.read(record.text("statement")))
    assert "a one-time code" in statement.people.identity_proof


def answered_late(world, proposal):
    """A yes whose record comes after it was weighed, and then a no; return both forms."""
    desk, key = world.desk(proposal), pause_key(proposal, "records-manager", 1, 1)
    first, second = world.form(proposal), world.form(proposal, decision="refuse")
    with pytest.raises(AnswerError, match="did not witness"):
        desk.record("records-manager", key, first)
    world.sign(proposal, "rm-01", "records-manager", key, first)  # it comes late
    return key, first, second


def test_an_answer_that_could_not_stand_never_comes_back(world):
    proposal = world.propose_all()
    key, first, second = answered_late(world, proposal)
    again = pause_key(proposal, "records-manager", 1, 2)
    world.sign(proposal, "rm-01", "records-manager", again, second)
    desk = world.desk(proposal)
    with pytest.raises(AnswerError, match="did not witness"):  # the run begins anew
        desk.record("records-manager", key, first)
    assert not world.kinds(Entry.DECIDED)
    desk.record("records-manager", again, second)
    assert world.case(proposal).spent.text("why") == "refuse"


def test_of_two_answers_the_last_is_somebodys_word(world):
    proposal = world.propose_all()
    forms = [world.form(proposal), world.form(proposal, decision="refuse")]
    keys = [pause_key(proposal, "records-manager", 1, n) for n in (1, 2)]
    for key, form in zip(keys, forms, strict=True):
        world.sign(proposal, "rm-01", "records-manager", key, form)
    with pytest.raises(AnswerError, match="another answer was given after this one"):
        world.desk(proposal).record("records-manager", keys[0], forms[0])


def test_a_yes_that_was_taken_back_destroys_nothing_whoever_writes_it_down(world, monkeypatch):
    """A planner that does not look whether there is a later answer."""
    monkeypatch.setattr("retention.steps.review.counts_no_more", lambda *_, **__: False)
    proposal = world.propose_all()
    forms = [world.form(proposal), world.form(proposal, decision="refuse")]
    keys = [pause_key(proposal, "records-manager", 1, n) for n in (1, 2)]
    for key, form in zip(keys, forms, strict=True):
        world.sign(proposal, "rm-01", "records-manager", key, form)
    world.desk(proposal).record("records-manager", keys[0], forms[0])
    world.answer(proposal, "iao-01")
    assert world.case(proposal).approved is not None
    with pytest.raises(NotAuthorisedError, match="its giver's last"):
        world.dispose(proposal)
    assert not world.store.orders


def test_a_reason_cannot_be_guessed_from_what_the_ledger_holds(world):
    proposal = world.propose_all()
    form = world.form(proposal)
    world.answer(proposal, "rm-01")
    told = {str(value) for r in world.ledger.records for value in r.facts.values()}
    assert digest_of(form) not in told
    (decided,) = world.kinds(Entry.DECIDED)
    document = loads(world.evidence.read(decided.text("reason")))
    assert document["salt"] not in told


def test_nobody_says_yes_to_what_a_controller_objects_to_meanwhile(world):
    proposal = world.propose_all()
    world.controllers_answer("object")
    with pytest.raises(AnswerError, match="a controller objects to number 1, 2, 3"):
        world.answer(proposal, "rm-01")
    world.answer(proposal, "rm-01", attempt=2, decision="refuse")
    assert world.case(proposal).spent.text("why") == "refuse"
